/** Damaged links, and malicious ones. */

import { deflateRawSync } from "node:zlib";
import { crc32 } from "@node-rs/crc32";
import { encodeFloat16, fitTokenizer, MicrogptError, Random } from "microgpt";
import { describe, expect, test } from "vitest";
import { decodeLink, encodeLink } from "./link.ts";
import { settings, small } from "./link-testing.ts";

/** The link of these bytes, deflated or not, with a valid CRC, as an attacker could make it. */
function forged(body: Uint8Array, { version = 1, deflate = false } = {}): string {
  const sealed = Buffer.concat([Uint8Array.of(version, deflate ? 1 : 0), deflate ? deflateRawSync(body) : body]);
  const crc = Buffer.alloc(4);
  crc.writeUInt32BE(crc32(sealed));
  return Buffer.concat([sealed, crc]).toString("base64url");
}

/** The link of a head and weights in float16. */
function forgedOf(head: unknown, halves: readonly number[] = [], deflate = false): string {
  const json = Buffer.from(typeof head === "string" ? head : JSON.stringify(head));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(json.length);
  return forged(Buffer.concat([length, json, new Uint8Array(Uint16Array.from(halves).buffer)]), { deflate });
}

const { weights: smallWeights, ...smallHead } = small;
const smallHalves = [...encodeFloat16(smallWeights)];

describe("a damaged link is refused", () => {
  const refused = async (link: string): Promise<string> => {
    const error: unknown = await decodeLink(link).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!(error instanceof MicrogptError)) throw new Error(`not refused but ${error}`);
    expect(error.message).toMatch(/^link: .*expected .*, got .*; ./);
    return error.message;
  };

  test("wherever it is cut", async () => {
    const link = await encodeLink({ settings, model: small });
    for (let length = 0; length < link.length; length++) await refused(link.slice(0, length));
    expect(await refused(link.slice(0, -8))).toContain("got one that was cut or changed; copy it again");
  });

  test("whichever bit is flipped", async () => {
    const bytes = Buffer.from(await encodeLink({ settings, model: small }), "base64url");
    const random = new Random(1);
    for (let i = 0; i < 500; i++) {
      const at = Math.floor(random.random() * bytes.length * 8);
      const damaged = Buffer.from(bytes);
      damaged[at >> 3] = (damaged[at >> 3] ?? 0) ^ (1 << (at & 7));
      await refused(damaged.toString("base64url"));
    }
  });

  const huge = { ...smallHead.config, nLayer: 1_000_000_000 };
  const bpe = fitTokenizer("bpe", ["aaaa aaaa"], { vocabSize: 258 }).toJSON();
  const doubling = Array.from({ length: 20_000 }, () => [97, 97]);
  const of = (changes: object): string => forgedOf({ settings: { ...settings, ...changes } });
  const ofModel = (changes: object, halves = smallHalves, deflate = false): string =>
    forgedOf({ settings, model: { ...smallHead, ...changes } }, halves, deflate);

  const cases: readonly [string, () => string, string][] = [
    ["nothing", () => "", "got none"],
    ["a text", () => "hello, world!", "got something else"],
    ["base64 with padding", () => "AQAA==", "got something else"],
    ["a link of 100 KB", () => "A".repeat(100_000), "at most 65536 characters"],
    ["another version", () => forged(Buffer.from("?"), { version: 2 }), "got version 2, made by a newer lab"],
    ["version 0", () => forged(Buffer.from("?"), { version: 0 }), "expected version 1"],
    ["nothing inside", () => forged(Buffer.from("")), "as many bytes as its length says"],
    ["a length beyond its end", () => forged(Buffer.from([255, 255, 255, 255])), "as many bytes as its length says"],
    ["no JSON", () => forgedOf("{"), "expected JSON"],
    [
      "JSON nested 60,000 deep",
      () => forged(Buffer.from(`\0\0\xea\x60${"[".repeat(60_000)}`, "latin1"), { deflate: true }),
      "expected JSON",
    ],
    ["a list", () => forgedOf([]), "to be an object"],
    ["null", () => forgedOf(null), "to be an object"],
    ["no settings", () => forgedOf({}), "to have settings"],
    ["an unknown part", () => forgedOf({ settings, extra: 1 }), 'got "extra"'],
    ["__proto__ beside the settings", () => forgedOf(`{"settings":{},"__proto__":{"settings":{}}}`), "__proto__"],
    [
      "__proto__ in the settings",
      () =>
        forgedOf(`{"settings":{"data":{"name":"n"},"model":{"__proto__":{"nLayer":9}},"training":{},"engine":"wasm"}}`),
      "__proto__",
    ],
    ["toString among the sizes", () => of({ model: { toString: 1 } }), "toString"],
    ["a data set by number", () => of({ data: { name: 5 } }), "got 5"],
    ["a name of 1,000 characters", () => of({ data: { name: "n".repeat(1000) } }), "1 to 200 characters"],
    ["a text that is none", () => of({ data: { name: "n", text: {} } }), "to be one of at most 8192 bytes"],
    ["a text that is too long", () => of({ data: { name: "n", text: "a".repeat(8193) } }), "at most 8192 bytes"],
    ["a text that was left out", () => of({ data: { name: "n", text: "a", textLeftOut: true } }), "textLeftOut"],
    ["an unknown mode", () => of({ data: { name: "n", mode: "poems" } }), "mode to be one of"],
    ["an unknown preset", () => of({ preset: "constructor" }), "preset to be one of"],
    ["an unknown engine", () => of({ engine: "steam" }), "engine to be one of"],
    ["an unknown tokenizer", () => of({ tokenizer: "word" }), "tokenizer to be one of"],
    ["a share of 1", () => of({ valFraction: 1 }), "valFraction from 0"],
    ["layers as text", () => of({ model: { nLayer: "1" } }), "config: expected nLayer"],
    ["a rate below 0", () => of({ training: { learningRate: -1 } }), "train: expected learningRate"],
    ["a config that is none", () => ofModel({ config: 5 }), "config to be an object"],
    ["a config without heads", () => ofModel({ config: { ...smallHead.config, nHead: undefined } }), "nHead"],
    ["a huge config", () => ofModel({ config: huge }), "parameters"],
    ["a config without channels", () => ofModel({ config: { ...huge, nEmbd: 0 } }), "nEmbd"],
    ["another tokenizer", () => ofModel({ tokenizer: { type: "byte" } }), "a tokenizer of vocab_size 4, got 257"],
    ["a tokenizer that is none", () => ofModel({ tokenizer: null }), "tokenizer: expected"],
    [
      "a tokenizer of a kind that objects have",
      () => ofModel({ tokenizer: { type: "toString" } }),
      "tokenizer: expected",
    ],
    [
      "a tokenizer that doubles",
      () => ofModel({ tokenizer: { ...bpe, merges: doubling } }, smallHalves, true),
      "got more",
    ],
    ["an unknown way of reading", () => ofModel({ mode: "both" }), "mode to be one of"],
    ["a weight too few", () => ofModel({}, smallHalves.slice(1)), "weights, got"],
    ["a weight too many", () => ofModel({}, [...smallHalves, 0]), "weights, got"],
    ["weights without a model", () => forgedOf({ settings }, [0]), "0 weights, got 1"],
    ["NaN among the weights", () => ofModel({}, smallHalves.with(3, 0x7e00)), "finite weights"],
    ["infinity among the weights", () => ofModel({}, smallHalves.with(3, 0xfc00)), "finite weights"],
    [
      "a megabyte of spaces and one",
      () => forged(Buffer.alloc(2 ** 20 + 1, 32), { deflate: true }),
      "at most 1048576 bytes",
    ],
    ["40 MB of zeros", () => forged(Buffer.alloc(40 * 2 ** 20), { deflate: true }), "at most 1048576 bytes"],
  ];
  test.each(cases)("%s", async (_, link, message) => {
    expect(await refused(link())).toContain(message);
  });

  test("a body that is not deflated where it says so", async () => {
    const sealed = Buffer.from(forged(Buffer.from("not deflated at all")), "base64url").subarray(0, -4);
    sealed[1] = 1;
    const crc = Buffer.alloc(4);
    crc.writeUInt32BE(crc32(sealed));
    expect(await refused(Buffer.concat([sealed, crc]).toString("base64url"))).toContain("a body that deflate made");
  });
});
