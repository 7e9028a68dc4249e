/**
 * Settings for a beginner: a model and its training, from the properties of the data and the available time. The
 * numbers were measured on three kinds of text (32,257 names; 44,320 characters of this project's documentation;
 * 809,110 of its source).
 */

import { type GPTConfig, MICROGPT } from "../model/config.ts";
import { countParams } from "../model/params.ts";
import { wear } from "./fit-rules.ts";
import { type Preset, presets } from "./presets.ts";
import type { DataFacts, Plan, RecipeOptions } from "./recipe-plan.ts";
import { type RecipeReason, reasonsFor } from "./recipe-reasons.ts";
import { SIZE_NAMES, SIZES, type Size, type SizeName } from "./sizes.ts";

export interface Recipe extends Preset {
  readonly size: SizeName;
  /** Estimated time of the steps. */
  readonly seconds: number;
  /** The choices, with the reasons for them. */
  readonly reasons: readonly RecipeReason[];
}

/** Seconds for a step of a model on a number of tokens: measured, or `estimateStepSeconds`. */
export type StepSeconds = (config: GPTConfig, tokensPerStep: number) => number;

/** Default time for a run, in seconds. */
export const DEFAULT_SECONDS = 60;

/** The share of the time for steps; the rest is for compiling, evaluation and saving. */
const STEPPING = 0.85;
/**
 * Tokens that the time and the data must allow for each weight. In the same time, on code, `small` reached 1.32 with
 * 17, `base` 1.43 with 1.9 and `medium` 1.70 with 0.4; in three times as much, `small` 1.19 with 52 and `base` 1.17
 * with 5.6. On prose, where the data is the limit, `tiny` reached 1.74 with 96, `small` 1.55 with 7, `medium` 1.66 with
 * 0.4. (One run each; windows of 32 characters for the first two on prose, else 64.)
 */
const TOKENS_PER_WEIGHT = 4;
/** Largest `wear`, a measure of memorization: beyond 20 to 56 the validation loss rose. */
const MOST_WEAR = 30;
/** Fewer steps teach nothing, however small the data. */
const FEWEST_STEPS = 100;
/** Upper limit on the number of steps, unless the user asks for more. */
const MOST_STEPS = 1_000_000;
/** The longest document that is learned whole. */
const LONGEST = 256;
/** Number of windows that running text must hold, so that some can be held out. */
const FEWEST_WINDOWS = 16;
/** Number of evaluations in a run, and of batches in each: together they take at most a tenth of its time. */
const EVALUATIONS = 20;
const EVALUATED = 0.015;
/**
 * A run ends early after this share of its steps without a lower validation loss. The loss may fall again later, with
 * the rate: in 17 runs on eight texts a share of 0.2 cost three of them up to 0.04 nats, 0.25 one of them 0.015, 0.3
 * none; no healthy run was ended (bench/wear.ts, 20 evaluations each).
 */
const PATIENCE = 0.3;
const FEWEST_PATIENCE = 6;

/**
 * The recipe for data and a number of seconds: the largest of SIZES that the time and the data allow, or the requested
 * one. Given values are kept, and the rest adapts to them. Without given values it passes checkConfig and checkSettings
 * for any data.
 */
export function recipeFor(
  data: DataFacts,
  seconds: number,
  stepSeconds: StepSeconds,
  options: RecipeOptions = {},
): Recipe {
  const make = (name: SizeName): Plan => planOf(name, data, seconds, stepSeconds, options);
  const asked = options.size ?? sizeOfWidth(options.model?.nEmbd);
  const plan = asked === undefined ? (SIZE_NAMES.map(make).findLast(isFitting) ?? make("tiny")) : make(asked);
  const { size, model, numSteps, batchSize } = plan;
  const learningRate = options.training?.learningRate ?? rateFor(model.nEmbd);
  const evaluates = data.valTokens > 0;
  const evalInterval =
    options.training?.evalInterval ?? (evaluates ? Math.max(1, Math.round(numSteps / EVALUATIONS)) : 0);
  const training = {
    ...presets.microgpt.training,
    numSteps,
    batchSize,
    learningRate,
    schedule: "cosine",
    warmupIters: Math.min(100, Math.floor(numSteps / 20)),
    minLr: learningRate / 10,
    beta1: 0.9,
    beta2: 0.99,
    // Prose, `small`: 1.55 with 0.1, 1.86 with 1.
    weightDecay: 0.1,
    gradClip: 1,
    // Dropout stays 0. Prose, `small`, at a wear of 30: 1.58 without, 1.68 with 0.1. In twice the steps: 1.56 with 0.1, 1.70 with 0.2.
    evalInterval,
    evalIters: evaluates ? Math.max(4, Math.min(64, Math.round(EVALUATED * numSteps))) : 0,
    patience: evalInterval === 0 ? 0 : Math.max(FEWEST_PATIENCE, Math.round((PATIENCE * numSteps) / evalInterval)),
    ...options.training,
  } as const;
  const taken = numSteps * plan.secondsPerStep;
  return { size, model, training, seconds: taken, reasons: reasonsFor(plan, data, seconds, options) };
}

function isFitting({ byTime, byData, params }: Plan): boolean {
  return Math.min(byTime, byData) >= TOKENS_PER_WEIGHT * params;
}

/** The size whose number of channels is nearest to a given one. */
function sizeOfWidth(nEmbd: number | undefined): SizeName | undefined {
  if (nEmbd === undefined) return undefined;
  const distance = (name: SizeName): number => Math.abs(SIZES[name].nEmbd - nEmbd);
  return SIZE_NAMES.reduce((nearest, name) => (distance(name) < distance(nearest) ? name : nearest));
}

function planOf(
  name: SizeName,
  data: DataFacts,
  seconds: number,
  stepSeconds: StepSeconds,
  { model: given = {}, training = {} }: RecipeOptions,
): Plan {
  const size = SIZES[name];
  const nEmbd = given.nEmbd ?? size.nEmbd;
  const model: Preset["model"] = {
    ...MICROGPT,
    nLayer: size.nLayer,
    nHead: headsFor(nEmbd, size.nHead),
    nEmbd,
    blockSize: blockSizeFor(size, data),
    // Code, `small`, 400 steps: 1.94 with relu squared, 2.06 with relu. Names: 2.06 and 2.07.
    mlp: "relu2",
    // Prose, `small`: 2.06 with 0.08, 2.33 with GPT-2's 0.02; code, 128 channels: 1.80 with 0.08, 1.94 with 0.04.
    initStd: Math.min(0.08, round(1 / Math.sqrt(nEmbd), 2)),
    // Code, `small`: no difference, 1.31 with and without. Each layer begins as the identity, which is safe at any
    // depth.
    zeroInit: true,
    ...given,
  } as const;
  const config = { ...model, vocabSize: data.vocabSize };
  const params = countParams(config);

  const each = tokensOfOne(model.blockSize, data);
  const most = data.mode === "stream" ? size.tokensPerStep : Math.max(1, data.numDocs);
  const { batchSize = Math.max(1, Math.min(most, Math.round(size.tokensPerStep / each))) } = training;
  const tokensPerStep = batchSize * (training.gradientAccumulationSteps ?? 1) * each;

  const secondsPerStep = stepSeconds(config, tokensPerStep);
  const stepsByTime = Math.min(MOST_STEPS, (STEPPING * seconds) / secondsPerStep);
  const trainTokens = Math.max(1, data.trainTokens);
  const facts = { numParams: params, trainTokens, vocabSize: data.vocabSize };
  const stepsByData = Math.max(FEWEST_STEPS, MOST_WEAR / wear(facts, tokensPerStep));
  const numSteps = training.numSteps ?? Math.max(1, Math.floor(Math.min(stepsByTime, stepsByData)));
  const [byTime, byData] = [stepsByTime * tokensPerStep, stepsByData * tokensPerStep];
  return { size: name, model, params, batchSize, tokensPerStep, secondsPerStep, numSteps, byTime, byData };
}

function blockSizeFor(size: Size, { mode, trainTokens, mostDocTokens, longestDocTokens }: DataFacts): number {
  if (mode === "stream") return Math.max(1, Math.min(size.blockSize, Math.floor(trainTokens / FEWEST_WINDOWS)));
  return Math.max(1, Math.min(LONGEST, roundUp(mostDocTokens), roundUp(longestDocTokens)));
}

/** Tokens of a window, or the average for a document, up to the context. */
function tokensOfOne(blockSize: number, { mode, trainTokens, numDocs }: DataFacts): number {
  return mode === "stream" ? blockSize : Math.max(1, Math.min(blockSize, trainTokens / Math.max(1, numDocs)));
}

/** The size's number of heads, or the next lower number that divides the channels. */
function headsFor(nEmbd: number, most: number): number {
  let heads = most;
  while (heads > 1 && nEmbd % heads !== 0) heads--;
  return heads;
}

/**
 * The wider, the lower. Code, 64 channels: 1.32 with 0.003 and with 0.005, 1.41 with 0.01. Names, 64 channels: 1.99
 * with 0.0015 and with 0.003, 2.01 with 0.006; 128 channels: 2.04 with 0.001, 2.06 with 0.003.
 */
function rateFor(nEmbd: number): number {
  return Math.min(0.005, round(0.256 / nEmbd, 1));
}

function roundUp(tokens: number): number {
  return 8 * Math.ceil(tokens / 8);
}

function round(x: number, digits: number): number {
  return Number(x.toPrecision(digits));
}
