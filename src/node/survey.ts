import { CharSet } from "../data/char-set.ts";
import { CharTokenizer } from "../data/char-tokenizer.ts";
import type { DataMode } from "../data/corpus.ts";
import { noText } from "../data/documents.ts";
import { documentHash, HashRange } from "../data/split.ts";
import type { Tokenizer } from "../data/tokenizer.ts";
import { MicrogptError } from "../util/errors.ts";
import type { TextChunk } from "./texts.ts";

export interface SurveyOptions {
  readonly mode: DataMode;
  readonly valFraction: number;
  readonly seed: number;
  /** What to encode with. Default: every character that occurs is a token. */
  readonly tokenizer: Tokenizer | undefined;
}

/** What must be known of all the text before its first token is written. */
export interface Survey {
  readonly tokenizer: Tokenizer;
  /** Documents with hashes below it are held out. */
  readonly threshold: number;
  /** Of running text, UTF-16 units. */
  readonly length: number;
}

/** Reads all of the text once. Errors: none there, or too little to hold any out. */
export async function survey(
  name: string,
  chunks: AsyncIterable<TextChunk>,
  { mode, valFraction, seed, tokenizer }: SurveyOptions,
): Promise<Survey> {
  const chars = new CharSet();
  const hashes = new HashRange();
  let [length, bytes, blank] = [0, 0, true];
  for await (const { texts, bytesRead } of chunks) {
    bytes = bytesRead;
    for (const text of texts) {
      length += text.length;
      if (tokenizer === undefined) chars.add(text);
      if (mode === "documents") hashes.add(documentHash(text, seed));
      blank &&= !/\S/.test(text);
    }
  }
  if (blank) throw noText(name, bytes === 0 ? "an empty file" : "only blank lines");
  const threshold = hashes.threshold(valFraction);
  const empty = mode === "documents" ? threshold === 0 : Math.floor(length * valFraction) === 0;
  if (empty && valFraction > 0) {
    const [expected, got] =
      mode === "documents" ? ["two different documents or more", "one"] : ["enough text", "too little"];
    const fix = "use more text, or --val_fraction 0";
    throw new MicrogptError({ operation: `data ${name}`, expected: `${expected} to hold some out`, got, fix });
  }
  return { tokenizer: tokenizer ?? CharTokenizer.of(chars), threshold, length };
}
