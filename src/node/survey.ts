import { CharSet } from "../data/char-set.ts";
import { CharTokenizer } from "../data/char-tokenizer.ts";
import type { DataMode } from "../data/corpus.ts";
import { noText } from "../data/documents.ts";
import { documentHash, HashRange, TailCut } from "../data/split.ts";
import type { Tokenizer } from "../data/tokenizer.ts";
import { fitTokenizer, type TokenizerKind } from "../data/tokenizers.ts";
import { MicrogptError } from "../util/errors.ts";
import { TextSample } from "./text-sample.ts";
import type { TextChunk } from "./texts.ts";

export interface SurveyOptions {
  readonly mode: DataMode;
  readonly valFraction: number;
  readonly seed: number;
  readonly tokenizer: TokenizerKind | Tokenizer;
  readonly vocabSize: number | undefined;
  /** Of all sources. */
  readonly totalBytes: number;
}

/** What must be known of all the text before its first token is written. */
export interface Survey {
  readonly tokenizer: Tokenizer;
  /** Documents with hashes below it are held out. */
  readonly threshold: number;
  /** Of running text, UTF-16 units. */
  readonly length: number;
}

/**
 * Reads all of the text once. BPE is trained on a sample of what is to be learned. Errors: no text, or too little to hold
 * any out.
 */
export async function survey(
  name: string,
  chunks: AsyncIterable<TextChunk>,
  { mode, valFraction, seed, tokenizer, vocabSize, totalBytes }: SurveyOptions,
): Promise<Survey> {
  const chars = new CharSet();
  const hashes = new HashRange();
  const sample = new TextSample(totalBytes);
  let [length, bytes, blank] = [0, 0, true];
  for await (const { texts, bytesRead } of chunks) {
    bytes = bytesRead;
    for (const text of texts) {
      const hash = mode === "documents" ? documentHash(text, seed) : 0;
      hashes.add(hash);
      if (tokenizer === "char") chars.add(text);
      else if (tokenizer === "bpe") sample.add(text, mode === "documents" ? hash : length);
      length += text.length;
      blank &&= !/\S/.test(text);
    }
  }
  if (blank) throw noText(name, bytes === 0 ? "an empty file" : "only blank lines");
  const threshold = hashes.threshold(valFraction);
  const { from } = new TailCut(length, valFraction);
  if (valFraction > 0 && (mode === "documents" ? threshold === 0 : from === length)) {
    const [expected, got] =
      mode === "documents" ? ["two different documents or more", "one"] : ["enough text", "too little"];
    const fix = "use more text, or --val_fraction 0";
    throw new MicrogptError({ operation: `data ${name}`, expected: `${expected} to hold some out`, got, fix });
  }
  const learned =
    mode === "documents"
      ? (text: string, hash: number) => (hash < threshold ? "" : text)
      : (text: string, start: number, at: number) => text.slice(0, Math.max(0, from - start - at));
  const fitted = (): Tokenizer =>
    tokenizer === "char"
      ? CharTokenizer.of(chars)
      : typeof tokenizer === "string"
        ? fitTokenizer(tokenizer, sample.texts(learned), vocabSize === undefined ? {} : { vocabSize })
        : tokenizer;
  return { tokenizer: fitted(), threshold, length };
}
