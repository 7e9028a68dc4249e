/**
 * The safetensors file format, strictly: 8 bytes of header length (little-endian), a JSON header, the data.
 * https://huggingface.co/docs/safetensors. Everything is checked before it is used: offsets must cover the data without
 * holes or overlaps, so that false sizes in a header cannot cause allocations.
 */

import { isRecord } from "../util/checks.ts";
import { type MicrogptError, mistake, show } from "../util/errors.ts";
import { decodeBFloat16, decodeFloat16 } from "../util/float16.ts";
import { type Shape, showShape, sizeOf } from "../util/shape.ts";

export type DType = "F32" | "F64" | "F16" | "BF16";

export interface NamedTensor {
  readonly name: string;
  readonly shape: Shape;
  readonly data: Float32Array | Float64Array;
}

export interface Safetensors {
  readonly metadata: ReadonlyMap<string, string>;
  readonly tensors: ReadonlyMap<string, NamedTensor>;
}

/** The decoder of each number type. The two 16-bit types become float32, which can represent all their values. */
const READ: {
  readonly [D in DType]: { readonly bytes: number; readonly read: (data: ArrayBuffer) => NamedTensor["data"] };
} = {
  F32: { bytes: 4, read: (data) => new Float32Array(data) },
  F64: { bytes: 8, read: (data) => new Float64Array(data) },
  F16: { bytes: 2, read: (data) => decodeFloat16(new Uint16Array(data)) },
  BF16: { bytes: 2, read: (data) => decodeBFloat16(new Uint16Array(data)) },
};
/** Other types of the format: I8, U32, F8_E4M3, C64, BOOL. */
const OTHER_DTYPE = /^(?:[IUFC]\d+\w*|BOOL)$/;
const METADATA = "__metadata__";
const LENGTH_BYTES = 8;
/** The limit of the format's own reader. */
const MAX_HEADER = 100_000_000;

/** Encodes a file. The metadata comes first in the header, in the given order; the data is aligned to 8 bytes. */
export function encodeSafetensors(
  tensors: readonly NamedTensor[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  let end = 0;
  const entries = tensors.map(({ name, shape, data }): [string, unknown] => {
    const begin = end;
    end += data.byteLength;
    return [name, { dtype: data instanceof Float32Array ? "F32" : "F64", shape, data_offsets: [begin, end] }];
  });
  // Entry by entry: an object would move names that look like numbers to the front.
  const members = [[METADATA, metadata], ...entries].map(
    ([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`,
  );
  const json = new TextEncoder().encode(`{${members.join(",")}}`);
  const dataStart = LENGTH_BYTES + Math.ceil(json.length / 8) * 8;

  const bytes = new Uint8Array(dataStart + end).fill(0x20, LENGTH_BYTES, dataStart);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(dataStart - LENGTH_BYTES), true);
  bytes.set(json, LENGTH_BYTES);
  let at = dataStart;
  for (const { data } of tensors) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}

/**
 * The offset of the data, from at least the file's first 9 bytes and its size. Errors: an invalid header. Cheap enough
 * to tell a model from another file before reading it whole.
 */
export function dataStartOf(operation: string, firstBytes: Uint8Array, fileSize: number): number {
  if (fileSize < LENGTH_BYTES + 2 || firstBytes.length <= LENGTH_BYTES) {
    throw damaged(operation, `at least ${LENGTH_BYTES + 2} bytes`, `${fileSize}`);
  }
  const view = new DataView(firstBytes.buffer, firstBytes.byteOffset, firstBytes.byteLength);
  const headerLength = view.getBigUint64(0, true);
  const room = Math.min(fileSize - LENGTH_BYTES, MAX_HEADER);
  if (firstBytes[LENGTH_BYTES] !== 0x7b || headerLength < 2n) {
    throw damaged(operation, "a safetensors header", "other bytes");
  }
  if (headerLength > BigInt(room)) {
    throw damaged(operation, `a header of at most ${room} bytes`, `a header length of ${headerLength}`);
  }
  return LENGTH_BYTES + Number(headerLength);
}

/**
 * Decodes a file of `encodeSafetensors` or of any other writer of the format, as far as it holds F32, F64, F16 and
 * BF16.
 */
export function decodeSafetensors(operation: string, bytes: Uint8Array): Safetensors {
  const dataStart = dataStartOf(operation, bytes, bytes.length);
  const header = parseHeader(operation, bytes.subarray(LENGTH_BYTES, dataStart));
  const metadata = new Map<string, string>();
  const entries: Entry[] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name !== METADATA) entries.push(checkEntry(operation, name, value));
    else for (const [key, text] of Object.entries(checkMetadata(operation, value))) metadata.set(key, text);
  }

  entries.sort((x, y) => x.begin - y.begin || x.end - y.end);
  const length = dataStart + entries.reduce((most, { end }) => Math.max(most, end), 0);
  if (length !== bytes.length) {
    const [got, fix] =
      bytes.length < length
        ? [`only ${bytes.length}`, "the copy is incomplete: copy the file again"]
        : [`${bytes.length}`, `something was appended to it: cut the file to ${length} bytes`];
    throw mistake("file-damaged", operation, `${length} bytes by its header`, got, fix);
  }
  const tensors = new Map<string, NamedTensor>();
  let covered = 0;
  for (const { name, dtype, shape, begin, end } of entries) {
    if (begin !== covered) {
      throw damaged(operation, `data of ${show(name)} to begin at ${covered}`, `${begin} (a hole or an overlap)`);
    }
    covered = end;
    // A copy begins at an aligned address, for any header length. (Not slice: Node's Buffer makes that a view.)
    const copy = new Uint8Array(bytes.subarray(dataStart + begin, dataStart + end)).buffer;
    tensors.set(name, { name, shape, data: READ[dtype].read(copy) });
  }
  return { metadata, tensors };
}

interface Entry {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
  readonly begin: number;
  readonly end: number;
}

function parseHeader(operation: string, bytes: Uint8Array): object {
  try {
    // Some writers pad with NULs where the format has spaces.
    const header: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes).replace(/\0+$/, ""));
    if (isRecord(header)) return header;
  } catch {
    // Not UTF-8 or not JSON: reported below, like JSON that is not an object.
  }
  throw damaged(operation, "a header that is a JSON object", "something else");
}

function checkMetadata(operation: string, value: unknown): Readonly<Record<string, string>> {
  if (isTexts(value)) return value;
  throw damaged(operation, `${METADATA} to map names to strings`, show(value));
}

function isTexts(value: unknown): value is Readonly<Record<string, string>> {
  return isRecord(value) && Object.values(value).every((text) => typeof text === "string");
}

function checkEntry(operation: string, name: string, value: unknown): Entry {
  const { dtype, shape, data_offsets: offsets } = isRecord(value) ? value : {};
  if (!isDType(dtype)) {
    const expected = `tensor ${show(name)} to be ${Object.keys(READ).join(" or ")}`;
    const got = `dtype ${show(dtype)}`;
    if (typeof dtype !== "string" || !OTHER_DTYPE.test(dtype)) throw damaged(operation, expected, got);
    throw mistake("unsupported", operation, expected, got, "convert the numbers to F32");
  }
  if (!isSizes(shape)) throw damaged(operation, `a shape of whole numbers for tensor ${show(name)}`, show(shape));
  const [begin = -1, end = -1, ...more] = isSizes(offsets) ? offsets : [];
  const length = sizeOf(shape) * READ[dtype].bytes;
  if (end - begin !== length || begin < 0 || more.length > 0) {
    const expected = `two offsets ${length} bytes apart for ${dtype} ${showShape(shape)}`;
    throw damaged(operation, `${expected} (tensor ${show(name)})`, show(offsets));
  }
  return { name, dtype, shape, begin, end };
}

function isDType(value: unknown): value is DType {
  return typeof value === "string" && Object.hasOwn(READ, value);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}

function damaged(operation: string, expected: string, got: string): MicrogptError {
  const fix = "the file is damaged or not a model: use another copy, or train again";
  return mistake("file-damaged", operation, expected, got, fix);
}
