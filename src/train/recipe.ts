/**
 * Settings for a beginner: from what is known of the data and the time there is, a model and its training. The numbers were
 * measured on three kinds of text (32,257 names; 44,320 characters of this project's documentation; 809,110 of its source).
 */

import type { DataMode } from "../data/corpus.ts";
import { countParams, type GPTConfig } from "../model/config.ts";
import { wear } from "./fit-rules.ts";
import type { TrainingSettings } from "./settings.ts";
import { SIZE_NAMES, SIZES, type Size, type SizeName } from "./sizes.ts";

/** What a recipe depends on of the training data, in tokens that are predicted: of a document, those after its first BOS. */
export interface DataFacts {
  readonly mode: DataMode;
  readonly trainTokens: number;
  readonly numDocs: number;
  /** 99 of 100 documents have so many or fewer. */
  readonly mostDocTokens: number;
  readonly longestDocTokens: number;
  readonly vocabSize: number;
}

export interface Recipe {
  readonly size: SizeName;
  readonly model: Omit<GPTConfig, "vocabSize">;
  readonly training: TrainingSettings;
  /** What the steps are thought to take. */
  readonly seconds: number;
  /** Why it is so: sentences without a full stop. */
  readonly reasons: readonly string[];
}

/** How long a step of a model takes on so many tokens: measured, or `estimateStepSeconds`. */
export type StepSeconds = (config: GPTConfig, tokensPerStep: number) => number;

/** What a run may take if nobody says. */
export const DEFAULT_SECONDS = 60;

/** The share of the time that steps may take; the rest is for compiling, evaluation and saving. */
const STEPPING = 0.9;
/**
 * Tokens that the time must allow for each weight. In the same time, on code, `small` reached 1.32 with 17, `base` 1.43 with
 * 1.9 and `medium` 1.70 with 0.4; in three times as much, `small` 1.19 with 52 and `base` 1.24 with 5.8. On names `base`
 * was ahead with 4, by 1.96 to 1.97.
 */
const TOKENS_BY_TIME = 6;
/** And the data. On prose `tiny` reached 1.74 with 96, `small` 1.54 with 7, `medium` 1.66 with 0.4. */
const TOKENS_BY_DATA = 4;
/** As much of its data as a model may learn by heart (`wear`): beyond 20 to 56 the validation loss rose. */
const MOST_WEAR = 30;
/** Fewer steps teach nothing, however small the data. */
const FEWEST_STEPS = 100;
/** A run of more steps than this is nobody's that has not said so. */
const MOST_STEPS = 1_000_000;
/** The longest document that is taken whole. */
const LONGEST = 256;
/** Windows that running text must hold: enough for some to be held out. */
const FEWEST_WINDOWS = 16;

/**
 * The recipe for data and a number of seconds: the largest of SIZES that the time and the data are enough for, or the one
 * that is asked for. It passes checkConfig and checkSettings for any facts.
 */
export function recipeFor(data: DataFacts, seconds: number, stepSeconds: StepSeconds, size?: SizeName): Recipe {
  const make = (name: SizeName): Plan => plan(name, data, seconds, stepSeconds);
  const fitting = SIZE_NAMES.map(make).filter(
    ({ byTime, byData, params }) => byTime >= TOKENS_BY_TIME * params && byData >= TOKENS_BY_DATA * params,
  );
  const chosen = size === undefined ? (fitting.at(-1) ?? make("tiny")) : make(size);
  const { model, batchSize, numSteps } = chosen;
  const learningRate = rateFor(model.nEmbd);
  return {
    size: chosen.name,
    model,
    training: {
      numSteps,
      batchSize,
      learningRate,
      schedule: "cosine",
      ...paceOf(numSteps),
      minLr: learningRate / 10,
      beta1: 0.9,
      beta2: 0.99,
      eps: 1e-8,
      // Prose, `small`: 1.54 with 0.1, 1.85 with 1.
      weightDecay: 0.1,
      gradClip: 1,
      // Prose, `small`, at a wear of 30: 1.57 without; 1.67 with 0.1, and 1.55 in twice the steps; 1.68 with 0.2 in those.
      dropout: 0,
      gradientAccumulationSteps: 1,
      patience: 0,
      seed: 42,
    },
    seconds: numSteps * chosen.secondsPerStep,
    reasons: reasonsFor(chosen, data, seconds, size !== undefined),
  };
}

/** How often a run of so many steps is evaluated: enough to see where it turns. */
const EVALUATIONS = 20;
/** One step in so many goes into evaluations: they take a third of a step's time each batch, and are to cost 5 % at most. */
const STEPS_PER_BATCH = 130;

/** What depends on the number of steps. */
export function paceOf(numSteps: number): Pick<TrainingSettings, "warmupIters" | "evalInterval" | "evalIters"> {
  return {
    warmupIters: Math.min(100, Math.floor(numSteps / 20)),
    evalInterval: Math.max(1, Math.round(numSteps / EVALUATIONS)),
    evalIters: Math.min(40, Math.max(4, Math.round(numSteps / STEPS_PER_BATCH))),
  };
}

function reasonsFor(chosen: Plan, data: DataFacts, seconds: number, asked: boolean): string[] {
  const { name, model, params, batchSize, numSteps, tokensPerStep, byTime, byData } = chosen;
  const { blockSize } = model;
  const why = asked
    ? "as asked for"
    : `the largest that ${duration(seconds)} and ${count(data.trainTokens)} tokens are enough for`;
  const whole = data.longestDocTokens <= blockSize ? "all" : data.mostDocTokens <= blockSize ? "99 % of the" : "most";
  const fits = data.mode === "stream" ? "windows of running text" : `${whole} documents fit`;
  const end = byTime <= byData ? `what fits in ${duration(seconds)}` : "with more it would learn the data by heart";
  const epochs = (numSteps * tokensPerStep) / Math.max(1, data.trainTokens);
  return [
    `${name}, ${count(params)} parameters: ${why}`,
    `block_size ${blockSize}: ${fits}, ${batchSize} in each step`,
    `num_steps ${numSteps}: ${end}; it sees each token ${epochs < 10 ? epochs.toFixed(1) : count(epochs)} times`,
  ];
}

interface Plan {
  readonly name: SizeName;
  readonly model: Omit<GPTConfig, "vocabSize">;
  readonly params: number;
  readonly batchSize: number;
  readonly tokensPerStep: number;
  readonly secondsPerStep: number;
  readonly numSteps: number;
  /** Tokens that the time allows, and the data. */
  readonly byTime: number;
  readonly byData: number;
}

function plan(name: SizeName, data: DataFacts, seconds: number, stepSeconds: StepSeconds): Plan {
  const size = SIZES[name];
  const blockSize = blockSizeFor(size, data);
  const model = {
    nLayer: size.nLayer,
    nHead: size.nHead,
    nEmbd: size.nEmbd,
    blockSize,
    // Code, `medium`, 300 steps: 1.80 with relu squared, 1.94 with relu. Names: no difference.
    activation: "reluSquared",
    // Prose, `small`: 2.06 with 0.08, 2.33 with GPT-2's 0.02; code, 128 channels: 1.80 with 0.08, 1.94 with 0.04.
    initStd: Math.min(0.08, round(1 / Math.sqrt(size.nEmbd), 2)),
    // Code, `small`: 1.32 with, 1.36 without.
    zeroInit: true,
  } as const;
  const config = { ...model, vocabSize: data.vocabSize };
  const params = countParams(config);
  const each = data.mode === "stream" ? blockSize : Math.min(blockSize, data.trainTokens / Math.max(1, data.numDocs));
  const most = data.mode === "stream" ? size.tokensPerStep : Math.max(1, data.numDocs);
  const batchSize = Math.max(1, Math.min(most, Math.round(size.tokensPerStep / Math.max(1, each))));
  const tokensPerStep = batchSize * Math.max(1, each);

  const secondsPerStep = stepSeconds(config, tokensPerStep);
  const stepsByTime = Math.min(MOST_STEPS, (STEPPING * seconds) / secondsPerStep);
  const trainTokens = Math.max(1, data.trainTokens);
  const stepsByData = Math.max(FEWEST_STEPS, MOST_WEAR / wear({ numParams: params, trainTokens }, tokensPerStep));
  const numSteps = Math.max(1, Math.floor(Math.min(stepsByTime, stepsByData)));
  const [byTime, byData] = [stepsByTime * tokensPerStep, stepsByData * tokensPerStep];
  return { name, model, params, batchSize, tokensPerStep, secondsPerStep, numSteps, byTime, byData };
}

function blockSizeFor(size: Size, { mode, trainTokens, mostDocTokens, longestDocTokens }: DataFacts): number {
  if (mode === "stream") return Math.max(1, Math.min(size.blockSize, Math.floor(trainTokens / FEWEST_WINDOWS)));
  return Math.max(1, Math.min(LONGEST, roundUp(mostDocTokens), roundUp(longestDocTokens)));
}

/**
 * The wider, the lower. Code, 64 channels: 1.32 with 0.003 and with 0.005, 1.41 with 0.01. Names, 64 channels: 1.99 with
 * 0.0015 and with 0.003, 2.01 with 0.006; 128 channels: 2.04 with 0.001, 2.06 with 0.003.
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

function count(n: number): string {
  return Math.round(n).toLocaleString("en");
}

function duration(seconds: number): string {
  return seconds < 120 ? `${round(seconds, 2)} s` : `${round(seconds / 60, 2)} min`;
}
