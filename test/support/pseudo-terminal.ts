/** Runs microgpt on a pseudo-terminal opened by Python. */

import { spawnSync } from "node:child_process";
import { CLI, type Folder, type Outcome } from "./cli.ts";

const SPAWN = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";

/** True if there is no python3 with pty. */
export const noTerminal: boolean =
  spawnSync("python3", ["-c", "import os, pty; os.waitstatus_to_exitcode"]).status !== 0;

/** A suffix for the titles of tests that need one. */
export const onTerminals: string = noTerminal ? "skipped because there is no python3 with pty" : "on a terminal";

/** Runs microgpt on a terminal; `stdout` has everything shown, errors too. @param columns 0 means an unknown size */
export function onTerminal(
  folder: Folder,
  columns: number,
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const command = `stty -onlcr cols ${columns}; exec "$0" "$@"`;
  const args = ["-c", SPAWN, "sh", "-c", command, process.execPath, CLI, ...words];
  return folder.startProgram("python3", args, { env: { TERM: "xterm", ...env } }).ended;
}
