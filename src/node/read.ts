/**
 * All files are read through this module. A path that the program opens by itself must be a regular file, so that it
 * never blocks.
 */

import { closeSync, constants, createReadStream, fstatSync, openSync, type Stats, statSync } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { mistake } from "../util/errors.ts";
import type { Words } from "../util/words.ts";
import { fileError } from "./file-errors.ts";

/** The largest input that fits into a JavaScript string. */
export const MAX_BYTES: number = 2 ** 29 - 2 ** 20;

// Without O_NONBLOCK, opening a pipe blocks until it has a writer. Windows has neither.
const READ: number = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/**
 * Opens a regular file for reading. Errors: system errors; a folder, pipe, socket or device, refused at once, even if
 * it replaced the file a moment ago.
 */
export async function openFile(operation: string, path: string): Promise<FileHandle> {
  try {
    // Checks first, since opening some devices has side effects.
    checkRegular(operation, await stat(path));
    const file = await open(path, READ);
    try {
      checkRegular(operation, await file.stat());
      return file;
    } catch (error) {
      await file.close();
      throw error;
    }
  } catch (error) {
    throw fileError(operation, "a file that can be read", error);
  }
}

/** The synchronous `openFile`; returns a file descriptor for `node:fs`. */
export function openFileSync(operation: string, path: string): number {
  try {
    checkRegular(operation, statSync(path));
    const file = openSync(path, READ);
    try {
      checkRegular(operation, fstatSync(file));
      return file;
    } catch (error) {
      closeSync(file);
      throw error;
    }
  } catch (error) {
    throw fileError(operation, "a file that can be read", error);
  }
}

/**
 * All bytes of a regular file, for paths that the program opens by itself: a pipe is refused instead of blocking.
 * Errors: those of `openFile`, more than `most` bytes (default 511 MiB).
 */
export async function readFileBytes(operation: string, path: string, most: number = MAX_BYTES): Promise<Uint8Array> {
  const file = await openFile(operation, path);
  try {
    return await readStream(operation, file.createReadStream({ autoClose: false }), undefined, most);
  } catch (error) {
    throw fileError(operation, "a file that can be read", error);
  } finally {
    await file.close();
  }
}

/** All bytes of a file or pipe that the user named. Errors: system errors, a folder or device, more than 511 MiB. */
export async function readBytes(operation: string, path: string): Promise<Uint8Array> {
  const piped = await stat(path).then(
    (found) => found.isFIFO(),
    () => false,
  );
  if (!piped) return readFileBytes(operation, path);
  try {
    return await readStream(operation, createReadStream(path));
  } catch (error) {
    throw fileError(operation, "a file that can be read", error);
  }
}

/** All bytes of a stream. Errors: more than `most`, with the fix. */
export async function readStream(
  operation: string,
  stream: AsyncIterable<Uint8Array>,
  fix: Words = "use a part of it",
  most: number = MAX_BYTES,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > most) {
      const expected = `at most ${most / 2 ** 20} MiB`;
      throw mistake("too-large", operation, expected, "more", fix);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The file's first bytes and its size, for a look before all of it is read. Both are absent for a pipe. */
export async function readStart(
  operation: string,
  path: string,
  length: number,
): Promise<{ start: Uint8Array; size: number }> {
  const file = await openFile(operation, path);
  try {
    const { size } = await file.stat();
    const { buffer, bytesRead } = await file.read(new Uint8Array(length), 0, length, 0);
    return { start: buffer.subarray(0, bytesRead), size };
  } catch (error) {
    throw fileError(operation, "a file that can be read", error);
  } finally {
    await file.close();
  }
}

function checkRegular(operation: string, found: Stats): void {
  if (found.isFile()) return;
  const kinds: readonly [is: boolean, name: string][] = [
    [found.isDirectory(), "a folder"],
    [found.isFIFO(), "a pipe"],
    [found.isSocket(), "a socket"],
  ];
  const got = kinds.find(([is]) => is)?.[1] ?? "a device";
  throw mistake("file-kind", operation, "a file", got, "name a file");
}
