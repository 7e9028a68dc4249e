/** Chooses a recipe by the data, the available time, and the measured speed of this machine. */

import {
  type Checkpoint,
  DEFAULT_SECONDS,
  dataFacts,
  estimateStepSeconds,
  type GPTConfig,
  type Preset,
  type Recipe,
  type Remark,
  recipeFor,
  type SizeName,
  startRun,
  type TrainingData,
  type TrainingSettings,
} from "../../index.ts";
import { say, set } from "../../util/words.ts";
import { typed } from "../flags/engine.ts";
import { duration } from "../terminal/figures.ts";
import { type TrainFlags, typedModel, typedTraining } from "./flags.ts";
import { averageTokens, extentOf, type RunOpener } from "./run-opener.ts";
import { secondsPerStep } from "./step-clock.ts";

export interface Choice {
  readonly chosen: Preset;
  readonly notes: readonly Remark[];
}

/** Share of the usual learning rate for a trained model, so that it keeps what it knows. */
const FINE_TUNING_RATE = 0.1;
/** Number of sizes that are timed, half a second each, until one fits. */
const MOST_ROUNDS = 3;

/**
 * The recipe by its name, `auto` or a size, for the data and the other flags. Times some steps to determine their
 * number, unless that was typed; only the number and the size depend on the machine's speed.
 */
export async function chooseRecipe(
  name: SizeName | "auto",
  data: TrainingData,
  flags: TrainFlags,
  opener: RunOpener,
  initFrom?: Checkpoint,
): Promise<Choice> {
  const facts = dataFacts(data);
  const seconds = flags.minutes === undefined ? DEFAULT_SECONDS : 60 * flags.minutes;
  const { vocabSize: _, ...sizes } = initFrom?.model.config ?? { vocabSize: 0 };
  const model = { ...sizes, ...typedModel(flags) };
  // The readable engine takes about 450 times as long: the smallest model without batches still learns a little.
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
  // If the machine's speed differs from the estimate, another size may fit, with another time for a step.
  for (let round = 0, timed: SizeName | undefined; timed !== recipe.size && round < MOST_ROUNDS; round++) {
    timed = recipe.size;
    const { model, training } = recipe;
    const run = await opener.open(extentOf(recipe, data), (options) =>
      startRun(data, { model, training, ...options, ...typed({ initFrom }) }),
    );
    measured = await secondsPerStep(run, opener.options);
    run.model.dispose();
    const config: GPTConfig = { ...model, vocabSize: facts.vocabSize };
    const tokens = training.batchSize * Math.min(run.sequences.longest, averageTokens(data));
    recipe = settle(measured / estimateStepSeconds(config, tokens));
  }
  const { numSteps } = recipe.training;
  const whole = numSteps * measured;
  const time: Remark = {
    kind: "time",
    values: { seconds: whole, secondsPerStep: measured },
    message: `about ${duration(whole)}, at ${(1000 * measured).toPrecision(2)} ms a step as timed here`,
  };
  // Another number of steps may call for another engine.
  const engine = opener.choice.name === "native" && flags.engine !== "native" ? say` ${set("engine", "native")}` : "";
  const again: Remark = {
    kind: "again",
    values: { preset: recipe.size, numSteps },
    message: say`to repeat it: ${set("preset", recipe.size)} ${set("numSteps", numSteps)}${engine}`,
  };
  const typedAny = Object.keys(model).length + Object.keys(typedTraining(flags)).length > 0;
  return { chosen: recipe, notes: [...recipe.reasons, time, ...(typedAny ? [] : [again])] };
}
