/** Names that every object has, where the user's names go. */

import { describe, expect, test } from "vitest";
import {
  decodeCheckpoint,
  encodeCheckpoint,
  fitTokenizer,
  fromHuggingFace,
  MicrogptError,
  noveltyReport,
  resumeRun,
  startRun,
  type TokenizerKind,
  toHuggingFace,
  tokenizerFromJSON,
  trainBPE,
} from "./index.ts";
import { decodeSafetensors, encodeSafetensors, type NamedTensor } from "./train/safetensors.ts";

const docs = ["ada", "ben", "cleo", "dan", "eve"];
const model = { nEmbd: 4, nHead: 2, blockSize: 4 };
const bytes = encodeCheckpoint(startRun(docs, { model, training: { numSteps: 1 } }));

describe.each(["constructor", "__proto__", "toString", "hasOwnProperty"])(
  "row 29: %s is a name like any other",
  (name) => {
    const refused = (message: string): object =>
      expect.objectContaining({ name: "MicrogptError", message: expect.stringContaining(message) });

    test("of data, and a text in it", () => {
      const texts = [name, `${name}s`, `my ${name}`];
      const learned = startRun({ name, docs: texts }, { model });
      const file = decodeCheckpoint(name, encodeCheckpoint(learned));
      expect(file.progress?.data.name).toBe(name);
      expect(resumeRun(file, { name, docs: texts }).data.train).toEqual(learned.data.train);
      expect(noveltyReport([name], texts).copied).toBe(1);
    });

    test("of a token, here and in a tokenizer.json", () => {
      const words = Array.from({ length: 50 }, () => `${name} `);
      const bpe = trainBPE(words, { vocabSize: 300 });
      expect(bpe.decode(bpe.encode(name))).toBe(name);
      expect(bpe.encode(name).length).toBeLessThan(name.length);
      const copy = fromHuggingFace(JSON.parse(JSON.stringify(toHuggingFace(bpe))));
      expect(copy.encode(words.join(""))).toEqual(bpe.encode(words.join("")));
    });

    test("but no kind of tokenizer, no setting, no tensor", () => {
      expect(() => tokenizerFromJSON({ type: name })).toThrow(refused('"type" to be one of character, byte, bpe'));
      expect(() => fitTokenizer(name as TokenizerKind, docs)).toThrow(refused("the kind to be one of char, byte, bpe"));
      const { tensors, metadata: sealed } = decodeSafetensors("model", bytes);
      const metadata = new Map([...sealed].filter(([key]) => key !== "checksum"));
      const written = (extra: readonly NamedTensor[], change: readonly [key: string, text: string]): Uint8Array =>
        encodeSafetensors([...tensors.values(), ...extra], Object.fromEntries([...metadata, change]));
      const settings = metadata.get("settings") ?? "";
      const more = settings.replace("{", `{${JSON.stringify(name)}:1,`);
      expect(() => decodeCheckpoint("model", written([], ["settings", more]))).toThrow(refused("known names"));
      expect(decodeCheckpoint("model", written([], ["settings", settings])).progress).toBeDefined();
      const tensor = { name, shape: [1], data: new Float32Array(1) };
      expect(() => decodeCheckpoint("model", written([tensor], ["settings", settings]))).toThrow(MicrogptError);
    });
  },
);
