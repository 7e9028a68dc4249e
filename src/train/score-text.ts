import { type Corpus, corpusOf } from "../data/corpus.ts";
import type { TokenSource } from "../data/tokens.ts";
import { checkSignal } from "../util/checks.ts";
import { exp } from "../util/math.ts";
import { checkCheckpoint } from "./check-run.ts";
import { type Score, scoreOf } from "./evaluate.ts";
import type { Checkpoint } from "./run.ts";
import { evenWindows, firstDocuments } from "./sequences.ts";
import { bytesPerToken, tokenize } from "./training-data.ts";

/** Tokens that go through the model at once when a text is scored: enough for fast matrix products. */
const ROWS = 1024;

export interface TextScore extends Score {
  /** e to the loss: the number of equally likely tokens with the same uncertainty. */
  readonly perplexity: number;
  /** The loss in bits per UTF-8 byte, which does not depend on the tokenizer. */
  readonly bitsPerByte: number;
  /** Documents longer than blockSize, scored only up to it. */
  readonly cutDocs: number;
  /** Their tokens beyond blockSize. */
  readonly cutTokens: number;
}

/**
 * The score of a model on a corpus: its documents, each up to blockSize, or running text window by window. Errors: text
 * that the tokenizer cannot spell, those of `scoreOf`.
 */
export async function scoreText(
  checkpoint: Checkpoint,
  source: Corpus | readonly string[],
  onBatch?: (done: number, count: number) => void,
  signal?: AbortSignal,
): Promise<TextScore> {
  checkCheckpoint("evaluate", checkpoint);
  checkSignal("evaluate", signal);
  const corpus = corpusOf("evaluate", source);
  const { model, tokenizer, mode = model.mode ?? "documents" } = checkpoint;
  const { blockSize } = model.config;
  const data = tokenize({ ...corpus, mode }, { tokenizer, valFraction: 0 });
  const sequences =
    data.mode === "documents" ? firstDocuments(data.train, tokenizer, Infinity) : allWindows(data.train, blockSize);
  const beyond = sequences.map(({ length }) => length - 1 - blockSize).filter((tokens) => tokens > 0);
  const cut = { cutDocs: beyond.length, cutTokens: beyond.reduce((sum, tokens) => sum + tokens, 0) };
  const score = await scoreOf(model, sequences, Math.max(blockSize, ROWS), onBatch, signal);
  const perToken = bytesPerToken(corpus.docs, tokenizer, mode);
  return { ...score, perplexity: exp(score.loss), bitsPerByte: score.loss / perToken / Math.LN2, ...cut };
}

/** Adjacent windows; the last one may be shorter. */
function allWindows(tokens: TokenSource, blockSize: number): number[][] {
  const windows = evenWindows(tokens, blockSize, Infinity);
  const end = windows.length * blockSize;
  const rest = tokens.length - end;
  return windows.length > 0 && rest > 1 ? [...windows, Array.from(tokens.read(end, rest))] : windows;
}
