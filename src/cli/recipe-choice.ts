/** Which recipe a run takes: by its data, the time there is, and how quick this machine turns out to be. */

import {
  type Checkpoint,
  type DataFacts,
  DEFAULT_SECONDS,
  estimateStepSeconds,
  type GPTConfig,
  type Preset,
  paceOf,
  recipeFor,
  type SizeName,
  startRun,
  type TrainingData,
  trainTokensOf,
} from "../index.ts";
import { engineOptions } from "./engine-flags.ts";
import { duration } from "./figures.ts";
import { secondsPerStep } from "./step-clock.ts";
import { type TrainFlags, typedModel, typedTraining } from "./train-flags.ts";

export interface Choice {
  readonly chosen: Preset;
  /** What its user should know of it. */
  readonly notes: readonly string[];
}

/** What a model that has learned already goes on with: less, so that it keeps what it knows. */
const FINE_TUNING_RATE = 0.1;
/** Documents that are looked at to see how long they are. */
const MOST_DOCS = 20_000;
/** Sizes that are timed until one is found that fits: each takes half a second. */
const MOST_ROUNDS = 3;

/**
 * The recipe for the data, with what was typed in place of what it says. Some steps are timed here before the number of steps
 * is fixed, unless that was typed; it is the only thing that the machine's speed decides.
 */
export async function chooseRecipe(
  preset: SizeName | "auto",
  data: TrainingData,
  flags: TrainFlags,
  initFrom?: Checkpoint,
): Promise<Choice> {
  const facts = factsOf(data);
  const seconds = 60 * (flags.minutes ?? DEFAULT_SECONDS / 60);
  const given = { model: typedModel(flags), training: typedTraining(flags) };
  const size = preset === "auto" ? undefined : preset;
  const sizes = initFrom?.model.config ?? given.model;

  const within = (config: GPTConfig): GPTConfig => ({ ...config, ...sizes });
  const estimate = (config: GPTConfig, tokens: number): number => estimateStepSeconds(within(config), tokens);
  const settle = (factor: number): { chosen: Preset; size: SizeName; reasons: readonly string[] } => {
    const recipe = recipeFor(facts, seconds, (config, tokens) => factor * estimate(config, tokens), size);
    const { numSteps = recipe.training.numSteps, learningRate = recipe.training.learningRate } = given.training;
    const rate =
      initFrom === undefined ? learningRate : (given.training.learningRate ?? learningRate * FINE_TUNING_RATE);
    const training = {
      ...recipe.training,
      ...paceOf(numSteps),
      learningRate: rate,
      minLr: rate / 10,
      ...given.training,
    };
    const evaluated = data.val.length === 0 && given.training.evalInterval === undefined ? { evalInterval: 0 } : {};
    const model = withHeads({ ...recipe.model, ...sizes }, given.model.nHead);
    return { chosen: { model, training: { ...training, ...evaluated } }, size: recipe.size, reasons: recipe.reasons };
  };

  let choice = settle(1);
  if (given.training.numSteps !== undefined) return { chosen: choice.chosen, notes: notesOf(choice, flags, sizes) };
  let measured = 0;
  // A machine of another speed than was thought may take another size, whose step is another.
  for (let round = 0, timed: SizeName | undefined; timed !== choice.size && round < MOST_ROUNDS; round++) {
    timed = choice.size;
    const { model, training } = choice.chosen;
    const run = startRun(data, {
      model,
      training,
      ...engineOptions(flags),
      ...(initFrom !== undefined && { initFrom }),
    });
    measured = await secondsPerStep(run, engineOptions(flags));
    run.model.dispose();
    const tokens = training.batchSize * Math.min(run.sequences.longest, averageTokens(data));
    choice = settle(measured / estimate({ ...model, vocabSize: facts.vocabSize }, tokens));
  }
  const { numSteps } = choice.chosen.training;
  const time = `about ${duration(numSteps * measured)} at ${(1000 * measured).toPrecision(2)} ms a step, as timed here`;
  return { chosen: choice.chosen, notes: [...notesOf(choice, flags, sizes), time] };
}

/** Why it is so, where nothing was typed; and how to have the same again. */
function notesOf(
  { chosen: { model, training }, size, reasons }: { chosen: Preset; size: SizeName; reasons: readonly string[] },
  { num_steps }: TrainFlags,
  sizes: Partial<GPTConfig>,
): string[] {
  if (Object.keys(sizes).length > 0) {
    return [`${model.nLayer} layers, ${model.nHead} heads, ${model.nEmbd} channels, context ${model.blockSize}`];
  }
  return num_steps === undefined
    ? [...reasons, `the same again: --preset ${size} --num_steps ${training.numSteps}`]
    : [];
}

/** As many heads as the recipe has, or as many fewer as divide the channels that were typed. */
function withHeads(model: Preset["model"], typed: number | undefined): Preset["model"] {
  if (typed !== undefined) return model;
  let { nHead } = model;
  while (model.nEmbd % nHead !== 0) nHead--;
  return { ...model, nHead };
}

function factsOf(data: TrainingData): DataFacts {
  const about = { mode: data.mode, trainTokens: trainTokensOf(data), vocabSize: data.tokenizer.vocabSize };
  if (data.mode === "stream") return { ...about, numDocs: 1, mostDocTokens: 1, longestDocTokens: 1 };
  const every = Math.ceil(data.train.length / MOST_DOCS);
  const looked = data.train.filter((_, i) => i % every === 0);
  const lengths = looked.map((doc) => data.tokenizer.encode(doc).length + 1).sort((x, y) => x - y);
  const longest = lengths.at(-1) ?? 1;
  const most = lengths[Math.ceil(0.99 * lengths.length) - 1] ?? longest;
  return { ...about, numDocs: data.train.length, mostDocTokens: most, longestDocTokens: longest };
}

function averageTokens(data: TrainingData): number {
  return data.mode === "stream" ? Infinity : trainTokensOf(data) / data.train.length;
}
