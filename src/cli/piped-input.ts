import { once } from "node:events";
import { fstatSync } from "node:fs";

/** How long another program may take to write something, before it is taken to write nothing. */
const WAIT_MS = 20;

/**
 * Whether there seems to be text on standard input, for a command that was not told to read it. What a shell connects, a
 * pipe or a file, is not touched: it may be the list that a loop of the shell reads, of which this command is a part.
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

/** A socket is how a program of Node's connects one that it starts, often without ever writing. */
async function hasArrived(): Promise<boolean> {
  const { stdin } = process;
  await once(stdin, "readable", { signal: AbortSignal.timeout(WAIT_MS) }).catch(() => undefined);
  const arrived = stdin.readableLength > 0;
  stdin.unref();
  return arrived;
}
