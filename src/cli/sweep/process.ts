import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { isRecord } from "../../util/checks.ts";
import { standardError } from "../terminal/terminal.ts";

/** The error of a training process. */
export interface TrainingError {
  /** An ErrorCode; absent if a signal or a bug ended the process. */
  readonly code?: string;
  /** One line for the user. */
  readonly message: string;
}

/** The end of a training process. */
export interface TrainingEnd {
  /** Null if a signal ended it. */
  readonly exitCode: number | null;
  /** Absent if it succeeded. */
  readonly error?: TrainingError;
}

/** A running training process. */
export interface TrainingProcess {
  readonly ended: Promise<TrainingEnd>;
  /** Asks it to save and end, as Ctrl-C does. */
  stop(): void;
}

/** Runs `microgpt` with these words. */
export type StartTraining = (words: readonly string[]) => TrainingProcess;

const MOST_STDERR = 10_000;

/**
 * Trains in child processes, given a program and its first words. Each is in a process group of its own: Ctrl-C in a
 * terminal reaches a whole group, and training takes a second one as the order to leave without saving. The channel to
 * each is never used: it closes when this process ends for any reason, and training then saves and ends too. Its records
 * (--json) give the error.
 */
export function trainingBy(program: string, first: readonly string[]): StartTraining {
  return (words) => {
    const child = spawn(program, [...first, ...words, "--json"], {
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      detached: true,
      windowsHide: true,
    });
    let error: TrainingError | undefined;
    if (child.stdout !== null) {
      createInterface({ input: child.stdout }).on("line", (line) => {
        error = errorIn(line) ?? error;
      });
    }
    let said = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-MOST_STDERR);
    });
    const ended = new Promise<TrainingEnd>((resolve) => {
      child.on("error", ({ message }) => resolve({ exitCode: null, error: { message } }));
      child.on("close", (exitCode, signal) => {
        if (exitCode === 0) return resolve({ exitCode });
        // A bug has no record, but a stack trace.
        if (error === undefined && exitCode !== null) standardError().write(said);
        resolve({ exitCode, error: error ?? { message: `ended by ${signal ?? `exit code ${exitCode}`}` } });
      });
    });
    return { ended, stop: () => void child.kill("SIGINT") };
  };
}

/** The error in a record of training, if it is one. */
function errorIn(line: string): TrainingError | undefined {
  let record: unknown;
  try {
    record = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (
    !isRecord(record) ||
    record.type !== "error" ||
    typeof record.code !== "string" ||
    typeof record.message !== "string"
  )
    return undefined;
  return { code: record.code, message: record.message };
}
