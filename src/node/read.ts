import { createReadStream, type Stats } from "node:fs";
import { open, stat } from "node:fs/promises";
import { MicrogptError } from "../util/errors.ts";
import { fileError } from "./file-errors.ts";

/** Larger inputs do not fit in a JavaScript string. */
export const MAX_BYTES: number = 2 ** 29 - 2 ** 20;

/** All bytes of a file or pipe. Errors: what the system says, a folder or device, more than 511 MiB. */
export async function readBytes(operation: string, path: string): Promise<Uint8Array> {
  try {
    const found = await stat(path);
    if (!found.isFile() && !found.isFIFO()) {
      throw noFile(operation, found, "name a file, or - for standard input");
    }
    return await readStream(operation, createReadStream(path));
  } catch (error) {
    throw fileError(operation, "a file that can be read", error);
  }
}

/** All bytes of a stream. Errors: more than 511 MiB, with what to do about it. */
export async function readStream(
  operation: string,
  stream: AsyncIterable<Uint8Array>,
  fix: string = "use a part of it",
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > MAX_BYTES) {
      throw new MicrogptError({ operation, expected: "at most 511 MiB", got: "more", fix });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The file's first bytes and its size, for a look before all of it is read. A pipe has neither. */
export async function readStart(
  operation: string,
  path: string,
  length: number,
): Promise<{ start: Uint8Array; size: number }> {
  try {
    const found = await stat(path);
    if (!found.isFile()) throw noFile(operation, found, "name a file");
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(new Uint8Array(length), 0, length, 0);
      return { start: buffer.subarray(0, bytesRead), size: found.size };
    } finally {
      await file.close();
    }
  } catch (error) {
    throw fileError(operation, "a file that can be read", error);
  }
}

function noFile(operation: string, found: Stats, fix: string): MicrogptError {
  const got = found.isDirectory() ? "a folder" : found.isFIFO() ? "a pipe" : "a device";
  return new MicrogptError({ operation, expected: "a file", got, fix });
}
