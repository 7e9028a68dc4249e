import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sizeOf } from "../util/shape.ts";
import { dataStartOf, decodeSafetensors, encodeSafetensors, type NamedTensor } from "./safetensors.ts";

const utf8 = new TextEncoder();

/** A file as another program may write it: its header and `dataBytes` zeros. */
function fileOf(header: object, dataBytes: number): Uint8Array {
  const json = utf8.encode(JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + dataBytes);
  bytes[0] = json.length; // below 256 here
  bytes.set(json, 8);
  return bytes;
}

/** The header of a file that this module wrote. */
function headerOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes.subarray(8, dataStartOf("read", bytes, bytes.length)));
}

/** Names and shapes as Map entries, numbers as arrays, so that NaN and -0 compare as themselves. */
function contents(tensors: Iterable<NamedTensor>): Map<string, unknown> {
  return new Map(Array.from(tensors, ({ name, shape, data }) => [name, [data.constructor.name, shape, [...data]]]));
}

const tensor: fc.Arbitrary<NamedTensor> = fc
  .record({
    name: fc.string({ unit: "binary" }).filter((name) => name !== "__metadata__"),
    shape: fc.array(fc.nat(4), { maxLength: 4 }),
    wide: fc.boolean(),
  })
  .chain(({ name, shape, wide }) => {
    const size = { minLength: sizeOf(shape), maxLength: sizeOf(shape) };
    return (wide ? fc.float64Array(size) : fc.float32Array(size)).map((data) => ({ name, shape, data }));
  });
const tensors = fc.uniqueArray(tensor, { selector: ({ name }) => name, maxLength: 6 });
const metadata = fc.dictionary(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }));

describe("what was written is read", () => {
  test("for any names, shapes (including [] and empty ones), numbers and metadata", () => {
    fc.assert(
      fc.property(tensors, metadata, (written, texts) => {
        const read = decodeSafetensors("read", encodeSafetensors(written, texts));
        expect(contents(read.tensors.values())).toEqual(contents(written));
        expect(read.metadata).toEqual(new Map(Object.entries(texts)));
      }),
    );
  });

  test.each(["__proto__", "constructor", "toString", "0", "", "\n", "\ud83d\ude00"])("a tensor named %j", (name) => {
    const written = { name, shape: [2], data: Float64Array.of(1, -0) };
    const read = decodeSafetensors("read", encodeSafetensors([written], {}));
    expect(contents(read.tensors.values())).toEqual(contents([written]));
  });

  test("the data of a tensor may be a part of a larger buffer", () => {
    const data = Float64Array.of(1, 2, 3, 4).subarray(1, 3);
    const read = decodeSafetensors("read", encodeSafetensors([{ name: "x", shape: [2], data }], {}));
    expect(read.tensors.get("x")?.data).toEqual(Float64Array.of(2, 3));
  });

  test("at any offset of the file in a larger buffer", () => {
    const file = encodeSafetensors([{ name: "x", shape: [2], data: Float64Array.of(1, 2) }], { a: "b" });
    const shifted = new Uint8Array(file.length + 3);
    shifted.set(file, 3);
    expect(decodeSafetensors("read", shifted.subarray(3)).tensors.get("x")?.data).toEqual(Float64Array.of(1, 2));
  });
});

describe("the file as other programs need it", () => {
  test("aligns its data to a multiple of 8, for any header length", () => {
    const lengths = Array.from({ length: 8 }, (_, n) => {
      const file = encodeSafetensors([{ name: "x".repeat(n + 1), shape: [1], data: Float64Array.of(7) }], {});
      expect(new DataView(file.buffer).getFloat64(file.length - 8, true)).toBe(7);
      expect(headerOf(file)).toMatch(/^\{.*\} *$/); // padded with spaces
      return dataStartOf("read", file, file.length) % 8;
    });
    expect(lengths).toEqual(Array(8).fill(0));
  });

  test("equals these bytes", () => {
    const file = encodeSafetensors([{ name: "w", shape: [1, 1], data: Float32Array.of(1) }], { b: "2", a: "1" });
    const header = '{"__metadata__":{"b":"2","a":"1"},"w":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]}}';
    const padded = header.padEnd(Math.ceil(header.length / 8) * 8);
    const expected = [padded.length, 0, 0, 0, 0, 0, 0, 0, ...utf8.encode(padded), 0, 0, 0x80, 0x3f];
    expect([...file]).toEqual(expected);
  });

  test("may have its tensors in another order, no padding, no metadata and extra fields", () => {
    const file = fileOf(
      {
        b: { dtype: "F32", shape: [], data_offsets: [8, 12], comment: "a number" },
        a: { dtype: "F64", shape: [1, 1], data_offsets: [0, 8] },
      },
      12,
    );
    new DataView(file.buffer).setFloat32(file.length - 4, 0.5, true);
    const { metadata: texts, tensors: read } = decodeSafetensors("read", file);
    expect(texts.size).toBe(0);
    expect(read.get("a")).toEqual({ name: "a", shape: [1, 1], data: Float64Array.of(0) });
    expect(read.get("b")).toEqual({ name: "b", shape: [], data: Float32Array.of(0.5) });
  });
});

describe("the first bytes alone", () => {
  const file = encodeSafetensors([{ name: "x", shape: [3], data: Float32Array.of(1, 2, 3) }], {});

  test("show where the data begins", () => {
    const start = dataStartOf("read", file.subarray(0, 9), file.length);
    expect(start).toBe(file.length - 12);
  });

  test.each<[why: string, firstBytes: Uint8Array, fileSize: number, complaint: string]>([
    ["there are too few of them", file.subarray(0, 8), file.length, "at least 10 bytes"],
    ["the file is smaller than the header", file.subarray(0, 9), 20, "a header of at most 12 bytes"],
    // The limit of the format's own reader, so that a file of 1 TB cannot request a header of that size.
    [
      "the header is larger than any reader takes",
      Uint8Array.of(0x01, 0xe1, 0xf5, 0x05, 0, 0, 0, 0, 0x7b),
      2 ** 40,
      "at most 100000000 bytes",
    ],
  ])("show that %s", (_, firstBytes, fileSize, complaint) => {
    expect(() => dataStartOf("read", firstBytes, fileSize)).toThrow(complaint);
  });
});
