import type { EngineOptions } from "../engine/engine-options.ts";
import { decodeCheckpoint, encodeCheckpoint } from "../train/checkpoint.ts";
import type { Checkpoint } from "../train/run.ts";
import { dataStartOf } from "../train/safetensors.ts";
import { writeAtomically } from "./atomic-write.ts";
import { readFileBytes, readStart } from "./read.ts";

/**
 * Writes a model with its tokenizer, and the state of its run if there is one, as one .safetensors file. Replaces an
 * existing file as a whole; on any error it is unchanged.
 */
export async function saveCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  await checkpoint.model.settle();
  await writeAtomically(path, encodeCheckpoint(checkpoint));
}

/**
 * Reads a file that `saveCheckpoint` wrote. The engine is as in `decodeCheckpoint`. Errors: a file that is unreadable,
 * damaged, or something else.
 */
export async function loadCheckpoint(path: string, options: EngineOptions = {}): Promise<Checkpoint> {
  const operation = `checkpoint ${path}`;
  const { start, size } = await readStart(operation, path, 9);
  dataStartOf(operation, start, size);
  return decodeCheckpoint(path, await readFileBytes(operation, path), options);
}
