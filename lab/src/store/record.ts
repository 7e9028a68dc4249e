/**
 * One record in one file. A tab killed at any moment leaves it complete, unfinished or untouched, but never
 * half-written: the last byte of the header is written last, when everything else is on the disk, and a single byte is
 * atomic.
 *
 *     0  "microlab"     16  refers, u32             24  CRC-32 of the bytes before it and of the body, u32
 *     8  version, u32   20  length of the body      28  three bytes 0, then 1 if the record is finished
 *    12  number, u32                                32  the body
 *
 * All numbers are little-endian.
 */

import { crc32 } from "microgpt";
import { type Directory, isNamed, removeFile, type SyncFile, withExisting, withFile } from "./directory.ts";
import { StoreFull } from "./store.ts";

export interface StoredRecord {
  /** Two whole numbers below 2^32; their meaning is up to the caller. */
  readonly number: number;
  readonly refers: number;
  readonly bytes: Uint8Array;
}

const MAGIC = new TextEncoder().encode("microlab");
const VERSION = 1;
const HEADER = 32;
const NUMBER = 12;
const REFERS = 16;
const LENGTH = 20;
const CRC = 24;
const FINISHED = 31;

/** Replaces the file's content by a record. Errors: StoreFull; the file is then empty. */
export async function writeRecord(directory: Directory, name: string, record: StoredRecord): Promise<void> {
  const header = headerOf(record);
  await writing(directory, name, (file) => {
    file.truncate(0);
    writeAll(file, header, 0);
    writeAll(file, record.bytes, HEADER);
    file.flush();
    writeAll(file, Uint8Array.of(1), FINISHED);
    file.flush();
  });
}

/** A file's record; undefined if it has none, or an unfinished one. */
export async function readRecord(directory: Directory, name: string): Promise<StoredRecord | "damaged" | undefined> {
  const bytes = await withExisting(directory, name, readAll);
  if (bytes === undefined || !isFinished(bytes)) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const body = bytes.subarray(HEADER);
  const whole =
    MAGIC.every((byte, i) => bytes[i] === byte) &&
    view.getUint32(MAGIC.length, true) === VERSION &&
    view.getUint32(LENGTH, true) === body.length &&
    view.getUint32(CRC, true) === crc32(body, crc32(bytes.subarray(0, CRC)));
  if (!whole) return "damaged";
  return { number: view.getUint32(NUMBER, true), refers: view.getUint32(REFERS, true), bytes: body };
}

/** True if the file's record is finished; reads only its header. */
export async function hasRecord(directory: Directory, name: string): Promise<boolean> {
  const header = await withExisting(directory, name, (file) => {
    const bytes = new Uint8Array(Math.min(HEADER, file.getSize()));
    file.read(bytes, { at: 0 });
    return bytes;
  });
  return header !== undefined && isFinished(header);
}

/** Copies a file, if there is space. */
export async function copyFile(directory: Directory, from: string, to: string): Promise<void> {
  const bytes = await withExisting(directory, from, readAll);
  if (bytes === undefined) return;
  const copied = writing(directory, to, (file) => {
    file.truncate(0);
    writeAll(file, bytes, 0);
    file.flush();
  });
  await copied.catch((error: unknown) => {
    if (!(error instanceof StoreFull)) throw error;
    return removeFile(directory, to);
  });
}

function headerOf({ number, refers, bytes }: StoredRecord): Uint8Array {
  const header = new Uint8Array(HEADER);
  header.set(MAGIC);
  const view = new DataView(header.buffer);
  view.setUint32(MAGIC.length, VERSION, true);
  view.setUint32(NUMBER, number, true);
  view.setUint32(REFERS, refers, true);
  view.setUint32(LENGTH, bytes.length, true);
  view.setUint32(CRC, crc32(bytes, crc32(header.subarray(0, CRC))), true);
  return header;
}

// Any byte but 0 counts, so that a flipped bit never makes a finished record look unfinished.
function isFinished(bytes: Uint8Array): boolean {
  return (bytes[FINISHED] ?? 0) !== 0;
}

async function writing(directory: Directory, name: string, write: (file: SyncFile) => void): Promise<void> {
  try {
    await withFile(directory, name, (file) => {
      try {
        write(file);
      } catch (error) {
        // The partial record is useless and takes space.
        file.truncate(0);
        throw error;
      }
    });
  } catch (error) {
    throw isNamed(error, "QuotaExceededError") ? new StoreFull(error) : error;
  }
}

function readAll(file: SyncFile): Uint8Array {
  const bytes = new Uint8Array(file.getSize());
  file.read(bytes, { at: 0 });
  return bytes;
}

/** A file may take only a part of the bytes, and none where the disk is full. */
function writeAll(file: SyncFile, bytes: Uint8Array, at: number): void {
  for (let done = 0; done < bytes.length; ) {
    const written = file.write(done === 0 ? bytes : bytes.subarray(done), { at: at + done });
    if (written === 0) throw new StoreFull();
    done += written;
  }
}
