/** Runs a compiler as a child process with a time limit: at once, or in the background. */

import { spawn, spawnSync } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface Command {
  readonly path: string;
  readonly args: readonly string[];
  /** The folder in which it runs. Its temporary files and its messages go there too. */
  readonly folder: string;
  /** Its time limit. */
  readonly seconds: number;
}

/** The end of a command; `message`: the line that says why it failed. */
export type Ending =
  | { readonly kind: "done" }
  | { readonly kind: "timeout" }
  | { readonly kind: "failed"; readonly message: string };

const MESSAGES = "messages.txt";

/** Runs the command while the caller waits. */
export function runNow(command: Command): Ending {
  try {
    const { pid, status, signal, error } = withMessages(command, (messages) =>
      spawnSync(command.path, command.args, {
        ...optionsOf(command, messages),
        timeout: command.seconds * 1000,
        killSignal: "SIGKILL",
      }),
    );
    if (error === undefined) return ended(command, pid, status, signal);
    if (!("code" in error) || error.code !== "ETIMEDOUT") return notStarted(error);
    killGroup(pid);
    return { kind: "timeout" };
  } catch (error) {
    return notStarted(error);
  }
}

/** Runs the command in the background. */
export async function run(command: Command): Promise<Ending> {
  let timer: NodeJS.Timeout | undefined;
  let stop = (): void => undefined;
  try {
    const child = withMessages(command, (messages) => spawn(command.path, command.args, optionsOf(command, messages)));
    stop = () => killGroup(child.pid);
    // In a group of its own, it would outlive this process.
    process.once("exit", stop);
    const exit = await new Promise<[status: number | null, signal: NodeJS.Signals | null] | "timeout">(
      (resolve, reject) => {
        timer = setTimeout(() => resolve("timeout"), command.seconds * 1000);
        child.once("error", reject);
        child.once("exit", (status, signal) => resolve([status, signal]));
      },
    );
    if (exit !== "timeout") return ended(command, child.pid, ...exit);
    stop();
    return { kind: "timeout" };
  } catch (error) {
    return notStarted(error);
  } finally {
    clearTimeout(timer);
    process.off("exit", stop);
  }
}

// A file takes messages of any length and, unlike a pipe, waits for no process that the compiler left behind.
function withMessages<T>({ folder }: Command, action: (messages: number) => T): T {
  const messages = openSync(join(folder, MESSAGES), "w");
  try {
    return action(messages);
  } finally {
    closeSync(messages);
  }
}

interface SpawnOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly stdio: ["ignore", "ignore", number];
  readonly detached: boolean;
}

function optionsOf({ folder }: Command, messages: number): SpawnOptions {
  return {
    cwd: folder,
    env: { ...process.env, LC_ALL: "C", TMPDIR: folder },
    stdio: ["ignore", "ignore", messages],
    // A group of its own: a compiler is several processes, and all must end when the time is over.
    detached: true,
  };
}

function ended(
  { folder }: Command,
  pid: number | undefined,
  status: number | null,
  signal: NodeJS.Signals | null,
): Ending {
  if (status === 0) return { kind: "done" };
  // If one of several fails, the others are still running.
  killGroup(pid);
  const lines = readFileSync(join(folder, MESSAGES), "utf8").split("\n");
  const line = lines.find((text) => /error/i.test(text)) ?? lines.find((text) => text.trim() !== "");
  return { kind: "failed", message: line?.trim().slice(0, 200) ?? `no message, ${signal ?? `exit code ${status}`}` };
}

function notStarted(error: unknown): Ending {
  return { kind: "failed", message: error instanceof Error ? error.message : String(error) };
}

function killGroup(leader: number | undefined): void {
  // 0 and 1 would be other groups than the child's.
  if (leader === undefined || leader <= 1) return;
  try {
    process.kill(-leader, "SIGKILL");
  } catch {
    // All have ended.
  }
}
