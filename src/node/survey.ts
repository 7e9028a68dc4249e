import { CharSet } from "../data/char-set.ts";
import { CharTokenizer } from "../data/char-tokenizer.ts";
import type { DataMode } from "../data/corpus.ts";
import { noText } from "../data/documents.ts";
import { documentHash, HashRange } from "../data/split.ts";
import { type SplitPlan, type TextFacts, TextSurvey } from "../data/split-texts.ts";
import type { Tokenizer } from "../data/tokenizer.ts";
import { fitTokenizer, type TokenizerKind } from "../data/tokenizers.ts";
import { mistake } from "../util/errors.ts";
import { say, set } from "../util/words.ts";
import { TextSample } from "./text-sample.ts";
import type { TextChunk } from "./texts.ts";

export interface SurveyOptions {
  readonly mode: DataMode;
  readonly valFraction: number;
  readonly seed: number;
  readonly tokenizer: TokenizerKind | Tokenizer;
  readonly vocabSize: number | undefined;
  /** Bytes of all sources. */
  readonly totalBytes: number;
}

/** The facts about all the text that are needed before its first token is written. */
export interface Survey {
  readonly tokenizer: Tokenizer;
  /** Documents with hashes below the threshold are held out. */
  readonly threshold: number;
  /** For running text: the split, and the facts of each text that comes in pieces, in order. */
  readonly plan: SplitPlan;
  readonly facts: readonly TextFacts[];
}

/** A sampled text: its hash if it is a document, otherwise its facts and the sample's offset in it. */
type SampleKey = number | { readonly facts: TextFacts; readonly start: number };

/**
 * Reads all of the text once. BPE is trained on a sample of the training part. Errors: no text, or too little to hold
 * out any.
 */
export async function survey(
  name: string,
  chunks: AsyncIterable<TextChunk>,
  { mode, valFraction, seed, tokenizer, vocabSize, totalBytes }: SurveyOptions,
): Promise<Survey> {
  const chars = new CharSet();
  const hashes = new HashRange();
  const running = new TextSurvey(valFraction, seed);
  const facts: TextFacts[] = [];
  const sample = new TextSample<SampleKey>(totalBytes);
  let [bytes, blank] = [0, true];
  const look = (text: string, { continues, pieces }: Pick<TextChunk, "continues" | "pieces">): SampleKey => {
    if (mode === "documents") {
      const hash = documentHash(text, seed);
      hashes.add(hash);
      return hash;
    }
    if (!pieces) return { facts: running.add(text), start: 0 };
    const start = running.total;
    const found = running.addPiece(text, continues);
    if (!continues) facts.push(found);
    return { facts: found, start: start - found.offset };
  };
  for await (const { texts, bytesRead, continues, pieces } of chunks) {
    bytes = bytesRead;
    for (const [i, text] of texts.entries()) {
      const key = look(text, { continues: continues && i === 0, pieces });
      if (tokenizer === "char") chars.add(text);
      else if (tokenizer === "bpe") sample.add(text, key);
      blank &&= !/\S/.test(text);
    }
  }
  if (blank) throw noText(name, bytes === 0 ? "an empty file" : "only blank lines");
  const threshold = hashes.threshold(valFraction);
  const plan = running.plan();
  if (valFraction > 0 && (mode === "documents" ? threshold === 0 : plan.holdsNothing)) {
    const [expected, got] =
      mode === "documents" ? ["two different documents or more", "one"] : ["enough text", "too little"];
    const fix = say`use more text, or ${set("valFraction", 0)}`;
    throw mistake("no-data", `data ${name}`, `${expected} to hold some out`, got, fix);
  }
  const learned = (text: string, key: SampleKey, at: number): string =>
    typeof key === "number"
      ? key < threshold
        ? ""
        : text
      : text.slice(0, Math.max(0, plan.learnedOf(key.facts) - key.start - at));
  const fitted = (): Tokenizer =>
    tokenizer === "char"
      ? CharTokenizer.of(chars)
      : typeof tokenizer === "string"
        ? fitTokenizer(tokenizer, sample.texts(learned), vocabSize === undefined ? {} : { vocabSize })
        : tokenizer;
  return { tokenizer: fitted(), threshold, plan, facts };
}
