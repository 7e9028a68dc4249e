import { once } from "node:events";
import { fstatSync } from "node:fs";

/** Time for another program to write something, in milliseconds, before it counts as silent. */
const WAIT_MS = 20;

/**
 * True if there seems to be text on standard input, for a command that was not told to read it. A pipe or file
 * connected by a shell is not touched: it may be the list that a shell loop around this command reads.
 */
export async function hasPipedInput(): Promise<boolean> {
  try {
    const found = fstatSync(0);
    return found.isFIFO() || (found.isFile() && found.size > 0) || (found.isSocket() && (await hasArrived()));
  } catch {
    // It is closed.
    return false;
  }
}

/** Node connects child processes with sockets, often without ever writing. */
async function hasArrived(): Promise<boolean> {
  const { stdin } = process;
  await once(stdin, "readable", { signal: AbortSignal.timeout(WAIT_MS) }).catch(() => undefined);
  const arrived = stdin.readableLength > 0;
  stdin.unref();
  return arrived;
}
