/** A damaged or malicious tokenizer.json gives a working tokenizer, or is refused in one line. */

import fc from "fast-check";
import { describe, test } from "vitest";
import { fuzzing, mutatedJSON, refusalOf } from "../testing/mutate.ts";
import { trainBPE } from "./bpe-train.ts";
import { ByteTokenizer } from "./byte-tokenizer.ts";
import { CharTokenizer } from "./char-tokenizer.ts";
import { toHuggingFace } from "./huggingface-export.ts";
import { fromHuggingFace } from "./huggingface-import.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { tokenizerFromJSON } from "./tokenizers.ts";

const TEXT = "the theme of these three, then: 12345 é😀\n";
const bpe = trainBPE([TEXT.repeat(4)], { vocabSize: 275 });

/** Parses the text if it is JSON, and uses the result. */
function use(text: string, read: (json: unknown) => Tokenizer): void {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return;
  }
  refusalOf(() => {
    const tokenizer = read(json);
    tokenizer.decode(tokenizer.encode(tokenizer.decode([0, tokenizer.vocabSize - 1])));
    const again = tokenizerFromJSON(JSON.parse(JSON.stringify(tokenizer)));
    if (again.vocabSize !== tokenizer.vocabSize) throw new Error("another when read again");
    fromHuggingFace(JSON.parse(JSON.stringify(toHuggingFace(tokenizer))));
  });
}

describe.each<[name: string, json: object, read: (json: unknown) => Tokenizer, runs: number]>([
  ["a tokenizer.json of BPE", toHuggingFace(bpe), fromHuggingFace, 150],
  ["a tokenizer.json of characters", toHuggingFace(CharTokenizer.fit(["abc"])), fromHuggingFace, 100],
  ["a tokenizer.json of bytes", toHuggingFace(new ByteTokenizer()), fromHuggingFace, 50],
  ["a checkpoint's BPE", bpe.toJSON(), tokenizerFromJSON, 100],
])("%s", (_, json, read, runs) => {
  test("mutated", () => {
    fc.assert(
      fc.property(mutatedJSON(JSON.stringify(json)), (text) => use(text, read)),
      fuzzing(runs),
    );
  });
});
