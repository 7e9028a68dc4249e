import { spawn } from "node:child_process";

/** The end of a training process. */
export interface TrainingEnd {
  /** Null if a signal ended it. */
  readonly code: number | null;
  /** Its last line on standard error. */
  readonly message: string;
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
 * each is never used: it closes when this process ends for any reason, and training then saves and ends too.
 */
export function trainingBy(program: string, first: readonly string[]): StartTraining {
  return (words) => {
    const child = spawn(program, [...first, ...words], {
      stdio: ["ignore", "ignore", "pipe", "ipc"],
      detached: true,
      windowsHide: true,
    });
    let said = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-MOST_STDERR);
    });
    const ended = new Promise<TrainingEnd>((resolve) => {
      child.on("error", ({ message }) => resolve({ code: null, message }));
      child.on("close", (code, signal) => {
        const last =
          said
            .trimEnd()
            .split("\n")
            .at(-1)
            ?.replace(/^microgpt: /, "") ?? "";
        resolve({ code, message: last === "" && code !== 0 ? `ended by ${signal ?? `exit code ${code}`}` : last });
      });
    });
    return { ended, stop: () => void child.kill("SIGINT") };
  };
}
