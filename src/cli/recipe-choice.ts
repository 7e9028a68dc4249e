import { type GPTConfig, type Preset, recipeFor, type TrainingData, trainTokensOf } from "../index.ts";
import { type TrainFlags, typedModel, typedTraining } from "./train-flags.ts";

/** placeholder */
export async function chooseRecipe(
  _name: string,
  data: TrainingData,
  flags: TrainFlags,
  _sizes?: GPTConfig,
): Promise<{ chosen: Preset; notes: readonly string[] }> {
  const facts = {
    mode: data.mode,
    trainTokens: trainTokensOf(data),
    numDocs: data.train.length,
    longestDoc: 16,
    vocabSize: data.tokenizer.vocabSize,
  };
  const { model, training, reasons } = recipeFor(facts, 60 * (flags.minutes ?? 1), () => 0.005);
  return {
    chosen: { model: { ...model, ...typedModel(flags) }, training: { ...training, ...typedTraining(flags) } },
    notes: reasons,
  };
}
