import type { Tokenizer } from "../data/tokenizer.ts";
import { countParams } from "../model/params.ts";
import { type Baseline, bigramBaseline, chunksOf } from "./baseline.ts";
import type { RunFacts } from "./history.ts";
import { type Run, stepSize } from "./run.ts";
import { trainTokensOf } from "./training-data.ts";

/** The facts about a run for a RunHistory, and so for the verdicts; a baseline is added if there is one. */
export function runFacts({ model, data, sequences, progress: { settings } }: Run): RunFacts {
  const trainTokens = trainTokensOf(data);
  const perSequence = data.mode === "documents" ? trainTokens / data.train.length : sequences.longest;
  return {
    settings,
    vocabSize: model.config.vocabSize,
    numParams: countParams(model.config),
    trainTokens,
    tokensPerStep: stepSize(settings) * Math.min(perSequence, model.config.blockSize),
  };
}

/** The losses of counting models on the run's validation data; undefined if it evaluates nothing. */
export function runBaseline({ data, tokenizer, validation, model, progress }: Run): Baseline | undefined {
  if (progress.evaluations.length === 0) return undefined;
  const { blockSize, vocabSize } = model.config;
  const seen = data.mode === "documents" ? encoded(data.train, tokenizer) : chunksOf(data.train);
  const judged = validation.map((tokens) => tokens.slice(0, blockSize + 1));
  return bigramBaseline(seen, judged, vocabSize);
}

function* encoded(docs: readonly string[], tokenizer: Tokenizer): Generator<number[], void> {
  for (const doc of docs) yield tokenizer.encodeDocument(doc);
}
