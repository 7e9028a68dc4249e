import type { DataFacts, Plan, RecipeOptions } from "./recipe-plan.ts";

/** The reasons for a recipe, in sentences for the user. */
export function reasonsFor(plan: Plan, data: DataFacts, seconds: number, options: RecipeOptions): string[] {
  const { size, model, params, batchSize, numSteps, tokensPerStep, byTime, byData } = plan;
  const { nLayer = "", nEmbd = "" } = options.model ?? {};
  const asked = options.size !== undefined || `${nLayer}${nEmbd}` !== "";
  const enough = `the largest that ${duration(seconds)} and ${count(data.trainTokens)} tokens are enough for`;
  const name = `${nLayer}${nEmbd}` === "" ? `${size}, ` : "";
  const sizes = `${model.nLayer} layer${model.nLayer === 1 ? "" : "s"} of ${model.nEmbd} channels`;
  const end =
    options.training?.numSteps !== undefined
      ? "as asked for"
      : byTime <= byData
        ? `what fits in ${duration(seconds)}`
        : "with more the data would be learned by heart";
  return [
    `model: ${name}${sizes}, ${count(params)} parameters: ${asked ? "as asked for" : enough}`,
    `context: ${model.blockSize} tokens, ${contextOf(model.blockSize, data)}, ${count(batchSize)} at once`,
    `steps: ${count(numSteps)}, ${end}; each token is seen ${times((numSteps * tokensPerStep) / Math.max(1, data.trainTokens))}`,
  ];
}

function contextOf(blockSize: number, { mode, mostDocTokens, longestDocTokens }: DataFacts): string {
  if (mode === "stream") return "windows of running text";
  if (longestDocTokens <= blockSize) return "which hold every document";
  return mostDocTokens <= blockSize ? "which hold 99 of 100 documents" : "the beginnings of documents";
}

function times(epochs: number): string {
  if (epochs < 0.95) return "less than once";
  const n = epochs < 10 ? Number(epochs.toFixed(1)) : Math.round(epochs);
  return n === 1 ? "once" : `${count(n)} times`;
}

function count(n: number): string {
  // Like toLocaleString, whose first call takes 10 ms.
  return String(n).replace(/\B(?=(\d{3})+$)/g, ",");
}

function duration(seconds: number): string {
  if (seconds < 120) return `${Number(seconds.toPrecision(2))} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Number((seconds / 3600).toFixed(1))} h`;
}
