/**
 * Writes TensorBoard's event files. Each record is framed as in TensorFlow's record_writer.cc: length (8 bytes) and its
 * checksum, data and its checksum, all little-endian, with masked CRC-32C checksums. The data is an `Event` of
 * TensorFlow's event.proto in protobuf's wire format. Only a small part of it is needed, so it is encoded by hand.
 */

import { mkdirSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { crc32c } from "../util/crc32.ts";
import type { MicrogptError } from "../util/errors.ts";
import { AppendFile } from "./append-file.ts";
import { fileError } from "./file-errors.ts";

/** Field numbers of event.proto and summary.proto. */
const EVENT = { wallTime: 1, step: 2, fileVersion: 3, summary: 5, sessionLog: 7 } as const;
const SUMMARY = { value: 1 } as const;
const VALUE = { tag: 1, simpleValue: 2 } as const;
const SESSION_LOG = { status: 1 } as const;
const START = 1;

/** The wire type of a field, in the low 3 bits of its key. */
const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** Appends to its own event file, `events.out.tfevents.TIME.HOST.PID`, in a folder that TensorBoard watches. */
export class EventFile {
  readonly #file: AppendFile;

  private constructor(file: AppendFile) {
    this.#file = file;
  }

  /**
   * Creates a file in `folder`, creating the folder if need be. A run resumed after step `from` creates another file
   * beside its first one; TensorBoard then ignores later steps in the first. Errors: a folder that cannot be created.
   * @param onError called at the first failed write; the data is kept and retried
   */
  static create(folder: string, from: number, onError: (error: MicrogptError) => void): EventFile {
    const operation = `TensorBoard events ${folder}`;
    try {
      mkdirSync(folder, { recursive: true });
    } catch (error) {
      throw fileError(operation, "to make the folder", error);
    }
    const now = Date.now();
    // TensorBoard reads a folder's files in the order of their names.
    const name = `events.out.tfevents.${(now / 1000).toFixed(3)}.${hostname()}.${process.pid}`;
    const events = new EventFile(new AppendFile(join(folder, name), new Uint8Array(), operation, onError));
    events.#event(now, 0, bytes(EVENT.fileVersion, new TextEncoder().encode("brain.Event:2")));
    if (from > 0) events.#event(now, from + 1, bytes(EVENT.sessionLog, varint(SESSION_LOG.status, START)));
    return events;
  }

  /** Adds numbers under their tags (`loss/train`). @param time milliseconds since 1970 */
  scalars(step: number, values: { readonly [tag: string]: number }, time: number = Date.now()): void {
    const encoder = new TextEncoder();
    const summary = Object.entries(values).map(([tag, value]) =>
      bytes(SUMMARY.value, [...bytes(VALUE.tag, encoder.encode(tag)), ...float(VALUE.simpleValue, value)]),
    );
    this.#event(time, step, bytes(EVENT.summary, summary.flat()));
  }

  flush(): void {
    this.#file.flush();
  }

  close(): void {
    this.#file.close();
  }

  #event(time: number, step: number, what: readonly number[]): void {
    const event = [...double(EVENT.wallTime, time / 1000), ...varint(EVENT.step, step), ...what];
    this.#file.add(record(Uint8Array.from(event)));
  }
}

function record(data: Uint8Array): Uint8Array {
  const framed = new Uint8Array(data.length + 16);
  const view = new DataView(framed.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, masked(crc32c(framed.subarray(0, 8))), true);
  framed.set(data, 12);
  view.setUint32(12 + data.length, masked(crc32c(data)), true);
  return framed;
}

/** Rotates and offsets a checksum, since CRCs of data that contains CRCs are weak. */
function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

function varint(field: number, value: number): number[] {
  return [...unsigned(field * 8 + WIRE.varint), ...unsigned(value)];
}

function bytes(field: number, content: Iterable<number>): number[] {
  const all = [...content];
  return [...unsigned(field * 8 + WIRE.bytes), ...unsigned(all.length), ...all];
}

function double(field: number, value: number): number[] {
  return [...unsigned(field * 8 + WIRE.fixed64), ...new Uint8Array(Float64Array.of(value).buffer)];
}

function float(field: number, value: number): number[] {
  return [...unsigned(field * 8 + WIRE.fixed32), ...new Uint8Array(Float32Array.of(value).buffer)];
}

/**
 * A varint: seven bits a byte, lowest first, with the high bit set if more follow. Divides instead of shifting, since
 * steps may exceed 32 bits.
 */
function unsigned(value: number): number[] {
  const out: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) out.push((rest % 128) | 128);
  return [...out, rest];
}
