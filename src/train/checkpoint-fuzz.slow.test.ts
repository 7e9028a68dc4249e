/**
 * Reading a damaged file either gives the saved content or a one-line error, fast and without using more memory than
 * the file has bytes to fill.
 */

import fc from "fast-check";
import { expect, test } from "vitest";
import { DEEP, fuzzing, LIES, refusalOf, type Span, spans } from "../testing/mutate.ts";
import { decodeCheckpoint, encodeCheckpoint } from "./checkpoint.ts";
import { dataStartOf } from "./safetensors.ts";
import { startRun } from "./start.ts";
import { train } from "./train.ts";

/** A valid file takes half a millisecond; a reader that takes this long is stuck. */
const MAX_MILLISECONDS = 100;
/** No reading here leaves more than 1.4 MB of garbage. A false claim (a gigabyte of weights) would be far above. */
const MAX_BYTES = 8 * 2 ** 20;

async function tinyCheckpoint(): Promise<Uint8Array> {
  const documents = { name: "names", docs: ["ab", "ba", "abba"] };
  const run = startRun(documents, { model: { nEmbd: 1, nHead: 1, blockSize: 1 }, training: { numSteps: 3 } });
  for await (const { step } of train(run)) if (step === 2) break;
  return encodeCheckpoint(run);
}

const original = await tinyCheckpoint();
const dataStart = dataStartOf("fuzz", original, original.length);
const header = new TextDecoder().decode(original.subarray(8, dataStart));

const same = (x: Uint8Array, y: Uint8Array): boolean => x.length === y.length && x.every((byte, i) => byte === y[i]);

/** CPU time of this process in milliseconds, unaffected by other processes. */
function worked(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function timed(bytes: Uint8Array): number {
  const begin = worked();
  try {
    decodeCheckpoint("x", bytes);
  } catch {
    // Only the time matters.
  }
  return worked() - begin;
}

function memory(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** The result of reading the bytes, or undefined if they are refused properly. Throws otherwise. */
function read(bytes: Uint8Array): Uint8Array | undefined {
  const [begin, before] = [worked(), memory()];
  let saved: Uint8Array | undefined;
  refusalOf(() => {
    saved = encodeCheckpoint(decodeCheckpoint("x", bytes));
  });
  const taken = memory() - before;
  if (taken > MAX_BYTES) throw new Error(`took ${taken} bytes`);
  // The machine may pause at any point, but not three times.
  const slow = worked() - begin > MAX_MILLISECONDS;
  if (slow && Math.min(timed(bytes), timed(bytes)) > MAX_MILLISECONDS) throw new Error("took too long");
  return saved;
}

/** Throws unless the bytes are refused, or read as the original. */
function check(bytes: Uint8Array): void {
  const saved = read(bytes);
  if (saved !== undefined && !same(saved, original)) throw new Error("loaded as something else");
}

/** Runs a property over mutations of the original. */
function hold<T>(mutation: fc.Arbitrary<T>, numRuns: number, property: (mutation: T) => void): void {
  fc.assert(fc.property(mutation, property), fuzzing(numRuns));
}

test("the original itself loads", () => {
  expect(same(read(original) ?? new Uint8Array(), original)).toBe(true);
});

test("cut short at every byte", () => {
  const wrong = [...original.keys()].flatMap((length) => {
    try {
      return read(original.subarray(0, length)) === undefined ? [] : [`${length}: loaded`];
    } catch (error) {
      return [`${length}: ${error}`];
    }
  });
  expect(wrong).toEqual([]);
});

const place = fc.nat(original.length - 1);
const count = fc.integer({ min: 1, max: 64 });

test("bytes flipped", () => {
  const flip = fc.record({ at: place, mask: fc.integer({ min: 1, max: 255 }) });
  hold(fc.oneof(fc.tuple(flip), fc.array(flip, { minLength: 2, maxLength: 16 })), 4000, (flips) => {
    const bytes = original.slice();
    for (const { at, mask } of flips) bytes[at] = (bytes[at] ?? 0) ^ mask;
    check(bytes);
  });
});

test("ranges inserted, deleted, doubled and moved", () => {
  type Splice = (from: number, to: number, n: number) => Uint8Array[];
  const part = (from: number, to?: number): Uint8Array => original.subarray(from, to);
  const splices: { readonly [name: string]: Splice } = {
    insertZeros: (from, _, n) => [part(0, from), new Uint8Array(n), part(from)],
    insertBraces: (from, _, n) => [part(0, from), new Uint8Array(n).fill(0x7b), part(from)],
    delete: (from, _, n) => [part(0, from), part(from + n)],
    double: (from, _, n) => [part(0, from + n), part(from)],
    copy: (from, to, n) => [part(0, to), part(from, from + n), part(to)],
    overwrite: (from, to, n) => [part(0, to), part(from, from + n), part(to + n)],
    append: (from, _, n) => [original, part(from, from + n)],
  };
  const mutation = fc.tuple(fc.constantFrom(...Object.values(splices)), place, place, count);
  hold(mutation, 2000, ([splice, from, to, n]) => {
    check(Buffer.concat(splice(from, to, n)));
  });
});

test("blocks swapped", () => {
  hold(fc.tuple(place, place, count), 1000, ([x, y, n]) => {
    const bytes = original.slice();
    bytes.set(original.subarray(x, Math.min(x + n, bytes.length - y + x)), y);
    bytes.set(original.subarray(y, Math.min(y + n, bytes.length - x + y)), x);
    check(bytes);
  });
});

test("another header length", () => {
  const near = fc.integer({ min: -300, max: 300 }).map((by) => BigInt(dataStart - 8 + by));
  hold(
    fc.oneof(near, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.bigInt({ min: 0n, max: 2n ** 32n })),
    500,
    (n) => {
      const bytes = original.slice();
      new DataView(bytes.buffer).setBigUint64(0, n, true);
      check(bytes);
    },
  );
});

/** The original with another header and its correct length. */
function withHeader(text: string): Uint8Array {
  const json = new TextEncoder().encode(text);
  const bytes = new Uint8Array(8 + json.length + original.length - dataStart);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(original.subarray(dataStart), 8 + json.length);
  return bytes;
}

// The generator's 624 words would make up nearly all choices: ten of them are enough.
const words = header.indexOf("words");
const scalars = (text: string): Span[] =>
  spans(text, /-?\d+(\.\d+)?(e[+-]?\d+)?|true|false|null/g).filter(
    ([start], i, all) =>
      start < words || start > text.indexOf("]", words) || all.findIndex(([s]) => s > words) + 10 > i,
  );
const lists = (text: string): Span[] => spans(text, /\[[^[\]{}]*\]/g);
type Lie = readonly [place: Span, lie: string];

const liesIn = (text: string): fc.Arbitrary<Lie> =>
  fc.tuple(
    fc.oneof(fc.constantFrom(...scalars(text)), fc.constantFrom(...lists(text))),
    fc.constantFrom(...LIES, DEEP),
  );

const withLie = (text: string, [[start, end], lie]: Lie): Uint8Array =>
  withHeader(text.slice(0, start) + lie + text.slice(end));

test("numbers and lists of the header replaced by wrong ones", () => {
  hold(liesIn(header), 2000, (lie) => check(withLie(header, lie)));
});

test("strings of the header swapped", () => {
  const string = fc.constantFrom(...spans(header, /\\?"[^"\\]*\\?"/g));
  hold(fc.tuple(string, string), 1000, ([x, y]) => {
    const [[start1, end1], [start2, end2]] = x[0] < y[0] ? [x, y] : [y, x];
    if (end1 > start2) return;
    const [one, two] = [header.slice(start1, end1), header.slice(start2, end2)];
    check(withHeader(header.slice(0, start1) + two + header.slice(end1, start2) + one + header.slice(end2)));
  });
});

test("a file without a checksum may be changed undetected, but what loads is a valid checkpoint", () => {
  const unsealed = header.replace(/"checksum":"[0-9a-f]{8}",/, "");
  hold(liesIn(unsealed), 2000, (lie) => {
    const saved = read(withLie(unsealed, lie));
    if (saved === undefined) return;
    const again = read(saved);
    if (again === undefined || !same(again, saved)) throw new Error("what it loads as cannot be saved and loaded");
  });
});
