/** A model writes texts, piece by piece, until it is done or stopped. */

import { type Checkpoint, type Ending, generate, noveltyReport, Random } from "microgpt";
import type { Texts } from "./data.ts";

/** Sampling settings, by the names of `GenerateOptions`. */
export interface Sampling {
  readonly prompt: string;
  readonly temperature: number;
  readonly topK?: number | undefined;
  readonly topP?: number | undefined;
  readonly repetitionPenalty: number;
  readonly seed: number;
}

export interface Wanted extends Sampling {
  readonly count: number;
  /** For running text. */
  readonly maxNewTokens?: number | undefined;
}

/** A new piece of one text. */
export interface News {
  /** Index of the text, from 0. */
  readonly index: number;
  readonly added: string;
  /** The reason for its end, if it has ended. */
  readonly ending?: Ending;
}

/** Receives news; the next come only after it resolves, so the page sets the pace. */
export type Tell = (news: readonly News[]) => Promise<void> | void;

export interface Written {
  /** For each complete text, true if it is in the training data or, for running text, copies a long run of it. */
  readonly copied: readonly boolean[];
  /** The library's line on all of them; undefined if there is none. */
  readonly novelty?: string;
}

/** Pieces within this time are reported together, in milliseconds. */
const TELL_MS = 12;

interface Ways {
  readonly tell: Tell;
  readonly goesOn: () => boolean;
  readonly data: () => Promise<Texts>;
}

/**
 * The texts of `microgpt sample` with these options: one random stream for all of them. Errors: those of `generate` and
 * `Random`, before the first piece.
 */
export async function write(checkpoint: Checkpoint, wanted: Wanted, { tell, goesOn, data }: Ways): Promise<Written> {
  const { model, tokenizer, mode = "documents" } = checkpoint;
  const options = { ...optionsOf(wanted, checkpoint), random: new Random(wanted.seed) };
  const whole: string[] = [];
  let told = performance.now();
  let news: News[] = [];
  const flush = async (): Promise<void> => {
    const batch = news;
    news = [];
    await tell(batch);
    told = performance.now();
  };
  for (let index = 0; index < wanted.count && goesOn(); index++) {
    let drawn = "";
    const endings: Ending[] = [];
    // Asks the model first, so that a refusal comes before anything is shown.
    let added = wanted.prompt;
    for (const piece of generate(model, tokenizer, { ...options, onEnd: (why) => endings.push(why) })) {
      drawn += piece;
      added += piece;
      if (performance.now() - told < TELL_MS) continue;
      news.push({ index, added });
      added = "";
      await flush();
      if (!goesOn()) break;
    }
    const [ending] = endings;
    if (added !== "" || ending !== undefined) news.push({ index, added, ...(ending && { ending }) });
    // The prompt of running text may well be in the data.
    if (ending !== undefined) whole.push(mode === "documents" ? wanted.prompt + drawn : drawn);
    if (performance.now() - told >= TELL_MS) await flush();
  }
  if (news.length > 0) await flush();
  return whole.length === 0 ? { copied: [] } : compare(whole, await data());
}

/** The options of `generate`, except the random numbers. */
export function optionsOf(
  { prompt, temperature, topK, topP, repetitionPenalty, maxNewTokens }: Omit<Wanted, "seed" | "count">,
  { mode = "documents" }: Checkpoint,
) {
  return {
    mode,
    start: prompt,
    temperature,
    repetitionPenalty,
    ...(topK !== undefined && { topK }),
    ...(topP !== undefined && { topP }),
    ...(mode === "stream" && maxNewTokens !== undefined && { maxNewTokens }),
  };
}

function compare(texts: readonly string[], { mode, train }: Texts): Written {
  const corpus = { name: "the training data", mode, docs: train };
  const { copied, summary: novelty } = noveltyReport(texts, corpus);
  if (copied === 0 || copied === texts.length) return { copied: texts.map(() => copied > 0), novelty };
  const known = new Set(mode === "documents" ? train : []);
  const isCopied = (text: string): boolean =>
    mode === "documents" ? known.has(text) : noveltyReport([text], corpus).copied > 0;
  return { copied: texts.map(isCopied), novelty };
}
