import type { DataFacts } from "./recipe-plan.ts";
import { type TrainingData, trainTokensOf } from "./training-data.ts";

/** Number of documents encoded to measure their lengths: enough that the longest hundredth is well represented. */
const MOST_MEASURED = 10_000;

/** The facts about the data that a recipe depends on. */
export function dataFacts(data: TrainingData): DataFacts {
  const { mode, train, val, tokenizer } = data;
  const known = { mode, trainTokens: trainTokensOf(data), valTokens: val.length, vocabSize: tokenizer.vocabSize };
  if (data.mode === "stream") {
    return { ...known, numDocs: 1, mostDocTokens: train.length, longestDocTokens: train.length };
  }
  const every = Math.ceil(data.train.length / MOST_MEASURED);
  const lengths = data.train
    .filter((_, i) => i % every === 0)
    .map((doc) => tokenizer.encode(doc).length + 1)
    .sort((x, y) => x - y);
  const longestDocTokens = lengths.at(-1) ?? 1;
  const mostDocTokens = lengths[Math.floor(0.99 * lengths.length)] ?? longestDocTokens;
  return { ...known, numDocs: data.train.length, mostDocTokens, longestDocTokens };
}
