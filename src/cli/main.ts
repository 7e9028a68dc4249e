/** Runs a command line and returns its exit code: 0 done, 1 failed, 2 wrong usage. */

import { CommanderError } from "commander";
import { MicrogptError } from "../index.ts";
import { InternalError } from "../util/errors.ts";
import { understandAll } from "./flags/familiar-words.ts";
import { normalizeFlags, plainUsage, UsageError } from "./flags/usage.ts";
import { buildProgram } from "./program.ts";
import { standardError, Terminal } from "./terminal/terminal.ts";
import { ToldElsewhere } from "./told-elsewhere.ts";
import { explain } from "./words.ts";

/** Runs a command line (without `node` and the script) and returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  try {
    const program = buildProgram();
    await program.parseAsync(understandAll(normalizeFlags(args), program), { from: "user" });
    return 0;
  } catch (error) {
    // mpirun ends all others as soon as one has failed.
    if (error instanceof ToldElsewhere) return 0;
    // Commander has printed its message, or the requested help.
    if (!(error instanceof CommanderError)) standardError().line(lastWords(error));
    else if (error.exitCode === 0) return 0;
    if (args.includes("--json")) record(error);
    return error instanceof UsageError || error instanceof CommanderError ? 2 : 1;
  }
}

/** Writes a user's mistake for programs, among the records of a command with --json. */
function record(error: unknown): void {
  const terminal = new Terminal(process.stdout, process.env);
  if (error instanceof MicrogptError) {
    const { code, field, values } = error;
    terminal.record("error", { code, field, values, message: explain(error) });
  } else if (error instanceof CommanderError) {
    terminal.record("error", { code: "usage", values: {}, message: plainUsage(error.message) });
  }
}

/** A user's mistake in one line; a bug of ours with its stack trace. */
function lastWords(error: unknown): string {
  if (error instanceof MicrogptError) return `microgpt: ${explain(error)}`;
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return error instanceof InternalError ? trace : `internal: please report this as a bug of microgpt\n${trace}`;
}
