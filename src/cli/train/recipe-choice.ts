/** Which recipe a run takes: by its data, the time there is, and how quick this machine turns out to be. */

import {
  type Checkpoint,
  DEFAULT_SECONDS,
  dataFacts,
  estimateStepSeconds,
  type GPTConfig,
  type Preset,
  type Recipe,
  recipeFor,
  type SizeName,
  startRun,
  type TrainingData,
  type TrainingSettings,
  trainTokensOf,
} from "../../index.ts";
import { engineOptions, typed } from "../flags/engine.ts";
import { duration } from "../terminal/figures.ts";
import { type TrainFlags, typedModel, typedTraining } from "./flags.ts";
import { secondsPerStep } from "./step-clock.ts";

export interface Choice {
  readonly chosen: Preset;
  /** What its user should know of it. */
  readonly notes: readonly string[];
}

/** What a model that has learned already goes on with is this share of the usual rate, so that it keeps what it knows. */
const FINE_TUNING_RATE = 0.1;
/** Sizes that are timed until one is found that fits: each takes half a second. */
const MOST_ROUNDS = 3;

/**
 * The recipe by its name, `auto` or a size, for the data and what else was typed. Some steps are timed here before their number
 * is fixed, unless that was typed: it and the size are all that the machine's speed decides.
 */
export async function chooseRecipe(
  name: SizeName | "auto",
  data: TrainingData,
  flags: TrainFlags,
  initFrom?: Checkpoint,
): Promise<Choice> {
  const facts = dataFacts(data);
  const seconds = flags.minutes === undefined ? DEFAULT_SECONDS : 60 * flags.minutes;
  const { vocabSize: _, ...sizes } = initFrom?.model.config ?? { vocabSize: 0 };
  const model = { ...sizes, ...typedModel(flags) };
  // The readable engine takes some 450 times as long: the smallest model, and no batches, still let it learn a little.
  const readable = flags.engine === "scalar";
  const size = name === "auto" ? (readable ? "tiny" : undefined) : name;
  const given = { ...(readable && { batchSize: 1 }), ...typedTraining(flags) };
  const choose = (factor: number, training: Partial<TrainingSettings> = given): Recipe =>
    recipeFor(facts, seconds, (config, tokens) => factor * estimateStepSeconds(config, tokens), {
      ...typed({ size }),
      model,
      training,
    });
  const settle = (factor: number): Recipe => {
    const recipe = choose(factor);
    if (initFrom === undefined || flags.learning_rate !== undefined) return recipe;
    return choose(factor, { ...given, learningRate: recipe.training.learningRate * FINE_TUNING_RATE });
  };

  let recipe = settle(1);
  if (flags.num_steps !== undefined) return { chosen: recipe, notes: recipe.reasons };
  let measured = 0;
  // A machine of another speed than was thought may take another size, whose step is another.
  for (let round = 0, timed: SizeName | undefined; timed !== recipe.size && round < MOST_ROUNDS; round++) {
    timed = recipe.size;
    const { model, training } = recipe;
    const run = startRun(data, { model, training, ...engineOptions(flags), ...typed({ initFrom }) });
    measured = await secondsPerStep(run, engineOptions(flags));
    run.model.dispose();
    const config: GPTConfig = { ...model, vocabSize: facts.vocabSize };
    const tokens = training.batchSize * Math.min(run.sequences.longest, averageTokens(data));
    recipe = settle(measured / estimateStepSeconds(config, tokens));
  }
  const { numSteps } = recipe.training;
  const time = `about ${duration(numSteps * measured)}, at ${(1000 * measured).toPrecision(2)} ms a step as timed here`;
  const again = `the same again: --preset ${recipe.size} --num_steps ${numSteps}`;
  const typedAny = Object.keys(model).length + Object.keys(typedTraining(flags)).length > 0;
  return { chosen: recipe, notes: [...recipe.reasons, time, ...(typedAny ? [] : [again])] };
}

function averageTokens(data: TrainingData): number {
  return data.mode === "stream" ? Infinity : trainTokensOf(data) / data.train.length;
}
