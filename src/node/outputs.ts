/** Refuses outputs that would destroy an input, or a file of another kind. */

import { stat } from "node:fs/promises";
import { MicrogptError, mistake } from "../util/errors.ts";
import { parseMetrics } from "./parse-metrics.ts";
import { openFile } from "./read.ts";
import { isModel } from "./saved-run.ts";
import { loadTokenizer } from "./tokenizer-file.ts";

/** The kinds of files that a command writes. */
export type OutputKind = "model" | "metrics" | "tokenizer" | "wasm";

const KINDS: { readonly [K in OutputKind]: readonly [what: string, is: (path: string) => Promise<boolean>] } = {
  model: ["a model of microgpt", isModel],
  metrics: ["metrics of microgpt", beginsAsMetrics],
  tokenizer: ["a tokenizer.json", isTokenizer],
  wasm: ["a WebAssembly module", async (path) => (await startOf(path, 4)).equals(Buffer.from("\0asm"))],
};

/**
 * Checks that writing a file destroys nothing. Errors: the file is one of the `inputs`, under any name or link; it
 * exists and is of another kind. An empty or missing file passes.
 */
export async function checkOutput(path: string, kind: OutputKind, inputs: readonly string[]): Promise<void> {
  await checkNoInput(path, inputs);
  const found = await identify(path);
  const [what, is] = KINDS[kind];
  if (found === undefined || !found.isFile || found.size === 0 || (await is(path))) return;
  const [operation, expected] = [`output ${path}`, `a new file, or ${what} to replace`];
  const fix = "it would be lost: choose another name, or move it away";
  throw mistake("file-exists", operation, expected, "another file", fix);
}

/** Errors: the file is one of the inputs, under any name or link. */
export async function checkNoInput(path: string, inputs: readonly string[]): Promise<void> {
  const found = await identify(path);
  if (found === undefined) return;
  for (const input of inputs) {
    if ((await identify(input))?.id !== found.id) continue;
    const [operation, expected, got] = [
      `output ${path}`,
      "a file that is not an input",
      `the input ${input.length > 80 ? `...${input.slice(-80)}` : input}`,
    ];
    throw mistake("file-exists", operation, expected, got, "it would be overwritten: choose another name");
  }
}

/** A file's identity, the same under all its names; undefined if there is no file. */
async function identify(
  path: string,
): Promise<{ readonly id: string; readonly isFile: boolean; readonly size: number } | undefined> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  return found && { id: `${found.dev}:${found.ino}`, isFile: found.isFile(), size: Number(found.size) };
}

/** Longer than any run's first line. */
const MOST_FIRST_LINE = 100_000;

async function beginsAsMetrics(path: string): Promise<boolean> {
  const start = (await startOf(path, MOST_FIRST_LINE)).toString();
  return succeeds(() => parseMetrics(path, start.slice(0, start.indexOf("\n") + 1)));
}

async function isTokenizer(path: string): Promise<boolean> {
  return succeeds(() => loadTokenizer(path));
}

async function succeeds(action: () => unknown): Promise<boolean> {
  try {
    await action();
    return true;
  } catch (error) {
    if (error instanceof MicrogptError) return false;
    throw error;
  }
}

async function startOf(path: string, length: number): Promise<Buffer> {
  const file = await openFile(`output ${path}`, path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
