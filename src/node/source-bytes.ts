import type { FileHandle } from "node:fs/promises";
import { mistake } from "../util/errors.ts";
import { fileError } from "./file-errors.ts";
import { openFile } from "./read.ts";
import type { Source } from "./source.ts";

/** Larger chunks are no faster, and their strings outlive the young generation of the garbage collector. */
export const CHUNK_BYTES: number = 2 ** 17;

/**
 * The bytes of a source, chunk by chunk; each chunk is valid until the next is requested. Errors: system errors, and a
 * file that has changed since it was found, before or after reading.
 */
export async function* readChunks(source: Source, chunkBytes: number = CHUNK_BYTES): AsyncGenerator<Uint8Array> {
  const { name, file, bytes = new Uint8Array() } = source;
  if (file === undefined) {
    for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
    return;
  }
  try {
    const handle = await openFile(`data ${name}`, file.path);
    try {
      await checkUnchanged(source, handle);
      const buffer = new Uint8Array(chunkBytes);
      for (;;) {
        const { bytesRead } = await handle.read(buffer, 0, chunkBytes);
        if (bytesRead === 0) break;
        yield buffer.subarray(0, bytesRead);
      }
      await checkUnchanged(source, handle);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw fileError(`data ${name}`, "a file that can be read", error);
  }
}

async function checkUnchanged({ name, size, file }: Source, handle: FileHandle): Promise<void> {
  const now = await handle.stat();
  if (now.size === size && now.mtimeMs === file?.mtimeMs) return;
  const got = `one that changed while it was read (${size} bytes before, ${now.size} now)`;
  const fix = "wait until nothing writes to it, then run this again";
  throw mistake("data-changed", `data ${name}`, "a file that does not change", got, fix);
}
