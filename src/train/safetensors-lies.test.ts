/** False claims in a header: each is detected before the header is used. */

import { expect, test } from "vitest";
import { decodeSafetensors } from "./safetensors.ts";

const utf8 = new TextEncoder();

/** A file with this header (text as given, anything else as JSON), this data, and the true header length or another. */
function fileOf(header: unknown, dataBytes = 0, length?: bigint): Uint8Array {
  const json = utf8.encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}

const entry = (dtype: unknown, shape: unknown, offsets: unknown): object => ({ dtype, shape, data_offsets: offsets });
const f32 = (...offsets: number[]): object => entry("F32", [2], offsets);
const deep = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);

test.each<[lie: string, file: Uint8Array, complaint: string]>([
  ["no bytes", new Uint8Array(0), "expected at least 10 bytes, got 0"],
  ["9 bytes", new Uint8Array(9).fill(0x7b), "expected at least 10 bytes, got 9"],
  ["a length of 0", fileOf("{}", 0, 0n), "expected a safetensors header, got other bytes"],
  ["a length beyond the file", fileOf("{}", 0, 3n), "expected a header of at most 2 bytes, got a header length of 3"],
  ["a huge length", fileOf("{}", 0, 2n ** 64n - 1n), "got a header length of 18446744073709551615"],
  ["a length that cuts the JSON", fileOf({ a: f32(0, 8) }, 8, 20n), "expected a header that is a JSON object"],
  ["a length that reaches into the data", fileOf("{}\u0001", 8, 5n), "expected a header that is a JSON object"],
  ["text that is not JSON", fileOf("{weights}"), "expected a header that is a JSON object, got something else"],
  ["bytes that are not UTF-8", fileOf("{}").fill(0xff, 9), "expected a header that is a JSON object"],
  [
    "a name that is not UTF-8",
    fileOf({ __metadata__: { "?": "" } }).map((byte) => (byte === 0x3f ? 0xff : byte)),
    "expected a header that is a JSON object",
  ],
  ["a JSON array", fileOf([]), "expected a safetensors header, got other bytes"],
  ["a JSON string", fileOf('"{}"'), "expected a safetensors header, got other bytes"],
  ["another file", utf8.encode("PK\u0003\u0004 a zip file, say"), "expected a safetensors header, got other bytes"],

  [
    "an overlap",
    fileOf({ a: f32(0, 8), b: f32(4, 12) }, 12),
    'expected data of "b" to begin at 8, got 4 (a hole or an overlap)',
  ],
  [
    "the same data twice",
    fileOf({ a: f32(0, 8), b: f32(0, 8) }, 8),
    'expected data of "b" to begin at 8, got 0 (a hole or an overlap)',
  ],
  [
    "a hole between tensors",
    fileOf({ a: f32(0, 8), b: f32(12, 20) }, 20),
    'expected data of "b" to begin at 8, got 12 (a hole or an overlap)',
  ],
  [
    "a hole before the first",
    fileOf({ a: f32(4, 12) }, 12),
    'expected data of "a" to begin at 0, got 4 (a hole or an overlap)',
  ],
  [
    "a tensor without entries in a hole",
    fileOf({ a: entry("F32", [0], [9, 9]) }, 9),
    'expected data of "a" to begin at 0, got 9',
  ],
  ["data out of range by a tensor", fileOf({ a: f32(0, 8) }, 0), "bytes by its header, got only 62; the copy"],
  [
    "data out of range by a byte",
    fileOf({ a: f32(0, 8) }, 7),
    "bytes by its header, got only 69; the copy is incomplete",
  ],
  ["a terabyte", fileOf({ a: entry("F64", [2 ** 37], [0, 2 ** 40]) }, 8), "got only 93; the copy is incomplete"],
  ["trailing bytes", fileOf({ a: f32(0, 8) }, 9), "got 71; something was appended to it: cut the file to 70 bytes"],
  ["data that no tensor owns", fileOf({}, 1), "expected 10 bytes by its header, got 11; something was appended"],

  [
    "a dtype of quarter width",
    fileOf({ a: entry("F8_E4M3", [8], [0, 8]) }, 8),
    'expected tensor "a" to be F32 or F64 or F16 or BF16, got dtype "F8_E4M3"; convert the numbers to F32',
  ],
  ["a dtype in lower case", fileOf({ a: entry("f32", [2], [0, 8]) }, 8), 'got dtype "f32"'],
  ["a dtype that objects have", fileOf({ a: entry("constructor", [2], [0, 8]) }, 8), 'got dtype "constructor"'],
  ["no dtype", fileOf({ a: { shape: [2], data_offsets: [0, 8] } }, 8), "got dtype undefined"],
  [
    "a dtype nested deep",
    fileOf(`{"a":{"dtype":${deep(30_000)}}}`),
    'expected tensor "a" to be F32 or F64 or F16 or BF16, got dtype ',
  ],

  [
    "a negative size",
    fileOf({ a: entry("F32", [-2], [0, 8]) }, 8),
    'expected a shape of whole numbers for tensor "a", got [-2]',
  ],
  ["two negative sizes", fileOf({ a: entry("F32", [-1, -2], [0, 8]) }, 8), "got [-1,-2]"],
  ["a fractional size", fileOf({ a: entry("F32", [0.5, 4], [0, 8]) }, 8), "got [0.5,4]"],
  ["a size no number can hold", fileOf('{"a":{"dtype":"F32","shape":[1e999],"data_offsets":[0,8]}}', 8), "got [null]"],
  [
    "sizes whose product overflows",
    fileOf({ a: entry("F32", Array(30).fill(2 ** 52), [0, 8]) }, 8),
    "bytes apart for F32",
  ],
  ["an overflow times 0", fileOf({ a: entry("F32", [...Array(30).fill(2 ** 52), 0], [0, 0]) }), "bytes apart for F32"],
  ["a shape that is a number", fileOf({ a: entry("F32", 2, [0, 8]) }, 8), "got 2"],
  ["a shape of strings", fileOf({ a: entry("F32", ["2"], [0, 8]) }, 8), 'got ["2"]'],
  ["no shape", fileOf({ a: { dtype: "F32", data_offsets: [0, 8] } }, 8), "got undefined"],

  [
    "offsets that do not fit the shape",
    fileOf({ a: f32(0, 12) }, 12),
    'expected two offsets 8 bytes apart for F32 (2) (tensor "a"), got [0,12]',
  ],
  ["offsets in reverse", fileOf({ a: f32(8, 0) }, 8), "got [8,0]"],
  ["negative offsets", fileOf({ a: f32(-8, 0) }, 8), "got [-8,0]"],
  ["fractional offsets", fileOf({ a: f32(0.5, 8.5) }, 9), "got [0.5,8.5]"],
  ["one offset", fileOf({ a: f32(8) }, 8), "got [8]"],
  ["three offsets", fileOf({ a: f32(0, 8, 8) }, 8), "got [0,8,8]"],
  ["no offsets for no entries", fileOf({ a: entry("F32", [0], []) }), "got []"],
  ["offsets that are no list", fileOf({ a: entry("F32", [2], "0,8") }, 8), 'got "0,8"'],

  ["a tensor that is null", fileOf({ a: null }), "got dtype undefined"],
  ["a tensor that is a list", fileOf({ a: ["F32"] }), "got dtype undefined"],
  [
    "metadata with a number",
    fileOf({ __metadata__: { step: 3 } }),
    'expected __metadata__ to map names to strings, got {"step":3}',
  ],
  ["metadata with null", fileOf({ __metadata__: { step: null } }), 'got {"step":null}'],
  ["metadata that is a list", fileOf({ __metadata__: ["a"] }), 'got ["a"]'],
  ["metadata that is null", fileOf({ __metadata__: null }), "got null"],
])("refuses %s", (_, file, complaint) => {
  const prefix = "reading x.safetensors: ";
  // If there is better advice, the error above ends with it.
  const fix = complaint.includes("; ") ? "" : "; the file is damaged or not a model: use another copy, or train again";
  const matching = (text: unknown): boolean =>
    typeof text === "string" && text.startsWith(prefix) && text.includes(complaint) && text.endsWith(fix);
  expect(() => decodeSafetensors("reading x.safetensors", file)).toThrow(
    expect.objectContaining({ name: "MicrogptError", message: expect.toSatisfy(matching, complaint) }),
  );
});
