import { count } from "../util/count.ts";
import type { Remark } from "../util/words.ts";
import type { DataFacts, Plan, RecipeOptions } from "./recipe-plan.ts";

/** A choice of a recipe, with the reason in `values.because`. */
export type RecipeReason = Remark<"model" | "context" | "steps">;

/** The reasons for a recipe. */
export function reasonsFor(plan: Plan, data: DataFacts, seconds: number, options: RecipeOptions): RecipeReason[] {
  return [
    modelReason(plan, data, seconds, options),
    contextReason(plan, data),
    stepsReason(plan, data, seconds, options),
  ];
}

function modelReason(plan: Plan, { trainTokens }: DataFacts, seconds: number, options: RecipeOptions): RecipeReason {
  const { size, params, model } = plan;
  const { nLayer, nEmbd } = model;
  const sized = options.model?.nLayer !== undefined || options.model?.nEmbd !== undefined;
  const because = sized || options.size !== undefined ? "asked" : "largest";
  const enough = `the largest that ${duration(seconds)} and ${count(trainTokens)} tokens allow`;
  const what = `${sized ? "" : `${size}, `}${nLayer} layer${nLayer === 1 ? "" : "s"} of ${nEmbd} channels`;
  return {
    kind: "model",
    values: { size, nLayer, nEmbd, numParams: params, seconds, trainTokens, because },
    message: `model: ${what}, ${count(params)} parameters: ${because === "asked" ? "as asked for" : enough}`,
  };
}

/** How much of the text the context holds. */
const HOLDS = {
  windows: "windows of running text",
  "every-document": "which hold every document",
  "most-documents": "which hold 99 of 100 documents",
  beginnings: "the beginnings of documents",
} as const;

function contextReason({ model: { blockSize }, batchSize }: Plan, data: DataFacts): RecipeReason {
  const because = contextOf(blockSize, data);
  return {
    kind: "context",
    values: { blockSize, batchSize, because },
    message: `context: ${blockSize} tokens, ${HOLDS[because]}, ${count(batchSize)} at once`,
  };
}

function contextOf(blockSize: number, { mode, mostDocTokens, longestDocTokens }: DataFacts): keyof typeof HOLDS {
  if (mode === "stream") return "windows";
  if (longestDocTokens <= blockSize) return "every-document";
  return mostDocTokens <= blockSize ? "most-documents" : "beginnings";
}

function stepsReason(plan: Plan, data: DataFacts, seconds: number, { training }: RecipeOptions): RecipeReason {
  const { numSteps, tokensPerStep, byTime, byData } = plan;
  const epochs = (numSteps * tokensPerStep) / Math.max(1, data.trainTokens);
  const because = training?.numSteps !== undefined ? "asked" : byTime <= byData ? "time" : "data";
  const ends = {
    asked: "as asked for",
    time: `as many as fit in ${duration(seconds)}`,
    data: "more would memorize the data",
  };
  return {
    kind: "steps",
    values: { numSteps, epochs, seconds, because },
    message: `steps: ${count(numSteps)}, ${ends[because]}; each token is seen ${times(epochs)}`,
  };
}

function times(epochs: number): string {
  if (epochs < 0.95) return "less than once";
  const n = epochs < 10 ? Number(epochs.toFixed(1)) : Math.round(epochs);
  return n === 1 ? "once" : `${count(n)} times`;
}

function duration(seconds: number): string {
  if (seconds < 120) return `${Number(seconds.toPrecision(2))} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Number((seconds / 3600).toFixed(1))} h`;
}
