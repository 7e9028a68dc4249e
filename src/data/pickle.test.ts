import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PickleError, readPickle } from "./pickle.ts";

/** pickle.dumps(m, protocol) in CPython 3.12, where m is what nanoGPT's prepare.py makes from "\n abé😀". */
const BY_PROTOCOL: readonly [protocol: number, base64: string][] = [
  [
    1,
    "fXEAKFgKAAAAdm9jYWJfc2l6ZXEBSwZYBAAAAGl0b3NxAn1xAyhLAFgBAAAACnEESwFYAQAAACBxBUsCWAEAAABhcQZLA1gBAAAAYnEHSwRYAgAAAMOpcQhLBVgEAAAA8J+YgHEJdVgEAAAAc3RvaXEKfXELKGgESwBoBUsBaAZLAmgHSwNoCEsEaAlLBXV1Lg==",
  ],
  [
    2,
    "gAJ9cQAoWAoAAAB2b2NhYl9zaXplcQFLBlgEAAAAaXRvc3ECfXEDKEsAWAEAAAAKcQRLAVgBAAAAIHEFSwJYAQAAAGFxBksDWAEAAABicQdLBFgCAAAAw6lxCEsFWAQAAADwn5iAcQl1WAQAAABzdG9pcQp9cQsoaARLAGgFSwFoBksCaAdLA2gISwRoCUsFdXUu",
  ],
  [
    4,
    "gASVagAAAAAAAAB9lCiMCnZvY2FiX3NpemWUSwaMBGl0b3OUfZQoSwCMAQqUSwGMASCUSwKMAWGUSwOMAWKUSwSMAsOplEsFjATwn5iAlHWMBHN0b2mUfZQoaARLAGgFSwFoBksCaAdLA2gISwRoCUsFdXUu",
  ],
  [
    5,
    "gAWVagAAAAAAAAB9lCiMCnZvY2FiX3NpemWUSwaMBGl0b3OUfZQoSwCMAQqUSwGMASCUSwKMAWGUSwOMAWKUSwSMAsOplEsFjATwn5iAlHWMBHN0b2mUfZQoaARLAGgFSwFoBksCaAdLA2gISwRoCUsFdXUu",
  ],
];
const bytesOf = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, "base64"));
const chars = ["\n", " ", "a", "b", "é", "😀"];

describe("row 34: a pickle of dicts, strings and whole numbers is read", () => {
  test.each(BY_PROTOCOL)("of protocol %d", (_, base64) => {
    expect(readPickle(bytesOf(base64))).toEqual(
      new Map<string, unknown>([
        ["vocab_size", 6],
        ["itos", new Map(chars.map((char, i) => [i, char]))],
        ["stoi", new Map(chars.map((char, i) => [char, i]))],
      ]),
    );
  });

  test("integers of every width, a dict with one entry", () => {
    const of = (...bytes: number[]): unknown => readPickle(Uint8Array.of(...bytes, 0x2e));
    expect(of(0x4b, 255)).toBe(255);
    expect(of(0x4d, 1, 2)).toBe(513);
    expect(of(0x4a, 255, 255, 255, 255)).toBe(-1);
    expect(of(0x7d, 0x4b, 1, 0x4b, 2, 0x73)).toEqual(new Map([[1, 2]]));
  });
});

describe("row 34: no part of a pickle is executed:", () => {
  test.each<[what: string, base64: string, message: string]>([
    [
      "a call of os.system",
      "gASVKwAAAAAAAACMBXBvc2l4lIwGc3lzdGVtlJOUjBB0b3VjaCAvdG1wL3B3bmVklIWUUpQu",
      "instruction 0x93",
    ],
    ["the same of protocol 0", Buffer.from("cos\nsystem\n(S'ls'\ntR.").toString("base64"), "instruction 0x63"],
    ["a list", "gASVBgAAAAAAAABdlEsBYS4=", "instruction 0x5d"],
    ["nothing", "", "an end too early"],
    ["text", Buffer.from("hello").toString("base64"), "an instruction without its value"],
    ["a string longer than the file", "WP////8=", "an end too early"],
    ["an end with an empty stack", "Lg==", "an instruction without its value"],
    ["a mark as a value", "KC4=", "an instruction without its value"],
    ["items without a mark", "fXUu", "no mark"],
    ["items of nothing", "KEsBSwJ1Lg==", "items without a dict"],
    ["a key without its value", "fShLAXUu", "items without a dict"],
    ["what was never remembered", "aAUu", "an instruction without its value"],
    ["half a character", "jAHDLg==", "a string that is not UTF-8"],
  ])("%s is refused", (_, base64, message) => {
    expect(() => readPickle(bytesOf(base64))).toThrow(PickleError);
    expect(() => readPickle(bytesOf(base64))).toThrow(message);
  });

  test("arbitrary bytes are refused quickly", () => {
    const [, original] = BY_PROTOCOL[2] ?? [0, ""];
    const spoiled = fc
      .tuple(fc.array(fc.tuple(fc.nat(130), fc.nat(255)), { minLength: 1, maxLength: 6 }), fc.nat(140))
      .map(([changes, length]) => {
        const bytes = bytesOf(original);
        for (const [at, byte] of changes) if (at < bytes.length) bytes[at] = byte;
        return bytes.subarray(0, length);
      });
    fc.assert(
      fc.property(fc.oneof(spoiled, fc.uint8Array({ maxLength: 60 })), (bytes) => {
        try {
          readPickle(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(PickleError);
        }
      }),
      { numRuns: 2000, seed: 34 },
    );
  });
});
