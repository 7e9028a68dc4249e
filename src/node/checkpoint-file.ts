import type { EngineOptions } from "../engine/engine.ts";
import { decodeCheckpoint, encodeCheckpoint } from "../train/checkpoint.ts";
import type { Checkpoint } from "../train/run.ts";
import { dataStartOf } from "../train/safetensors.ts";
import { writeAtomically } from "./atomic-write.ts";
import { readFileBytes, readStart } from "./read.ts";

/**
 * Writes a model with its tokenizer, and the state of its run if it has one, as one .safetensors file. A file that is
 * already there is replaced as a whole or, on any error, left as it was.
 */
export async function saveCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  await writeAtomically(path, encodeCheckpoint(checkpoint));
}

/**
 * Reads what `saveCheckpoint` wrote. The engine is as in `decodeCheckpoint`. Errors: a file that cannot be read, is
 * damaged, or is something else.
 */
export async function loadCheckpoint(path: string, options: EngineOptions = {}): Promise<Checkpoint> {
  const operation = `checkpoint ${path}`;
  const { start, size } = await readStart(operation, path, 9);
  dataStartOf(operation, start, size);
  return decodeCheckpoint(path, await readFileBytes(operation, path), options);
}
