/** Runs a command line and returns its exit code: 0 done, 1 failed, 2 wrong usage. */

import { CommanderError } from "commander";
import { MicrogptError } from "../index.ts";
import { InternalError } from "../util/errors.ts";
import { understandAll } from "./flags/familiar-words.ts";
import { normalizeFlags, UsageError } from "./flags/usage.ts";
import { buildProgram } from "./program.ts";
import { standardError, Terminal } from "./terminal/terminal.ts";
import { explain } from "./words.ts";

/** Runs a command line (without `node` and the script) and returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  try {
    const program = buildProgram();
    await program.parseAsync(understandAll(normalizeFlags(args), program), { from: "user" });
    return 0;
  } catch (error) {
    // Commander has printed its message, or the requested help.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    standardError().line(lastWords(error));
    if (error instanceof MicrogptError && args.includes("--json")) record(error);
    return error instanceof UsageError ? 2 : 1;
  }
}

/** Writes the error for programs, among the records of a command with --json. */
function record(error: MicrogptError): void {
  const { code, field, values } = error;
  new Terminal(process.stdout, process.env).record("error", { code, field, values, message: explain(error) });
}

/** A user's mistake in one line; a bug of ours with its stack trace. */
function lastWords(error: unknown): string {
  if (error instanceof MicrogptError) return `microgpt: ${explain(error)}`;
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return error instanceof InternalError ? trace : `internal: please report this as a bug of microgpt\n${trace}`;
}
