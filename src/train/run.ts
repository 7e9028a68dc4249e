import type { Corpus, DataMode } from "../data/corpus.ts";
import type { Tokenizer } from "../data/tokenizer.ts";
import { type EngineOptions, engineOptionsOf } from "../engine/engine.ts";
import { GPT } from "../engine/gpt.ts";
import { checkArena } from "../engine/step-plan.ts";
import { checkConfig, type GPTConfig } from "../model/config.ts";
import { checkMemory } from "../scalar/memory.ts";
import { MicrogptError, show } from "../util/errors.ts";
import { Random } from "../util/random.ts";
import { checkCheckpoint, checkResumeOptions, checkRunOptions, sourceOf } from "./handed-in.ts";
import { presets } from "./presets.ts";
import { documentSequences, evenWindows, firstDocuments, type Sequences, windowSequences } from "./sequences.ts";
import { checkSequences, checkSettings, type TrainingSettings } from "./settings.ts";
import { checksum, type DataFingerprint, type TokenizeOptions, type TrainingData, tokenize } from "./training-data.ts";

/** The content of a checkpoint: a model with its tokenizer and, if its training can be resumed, its progress. */
export interface Checkpoint {
  readonly model: GPT;
  readonly tokenizer: Tokenizer;
  /** The mode of the training data, which determines how the model is sampled. Default documents. */
  readonly mode?: DataMode;
  readonly progress?: Progress;
}

/** The exact state of a training run between two steps. */
export interface Progress {
  readonly settings: TrainingSettings;
  readonly data: DataFingerprint;
  /** The random stream after shuffling and drawing the weights; sampling continues from here. */
  readonly random: Random;
  /** The loss of each step so far; their number is the step. */
  readonly losses: number[];
  readonly evaluations: Evaluation[];
}

/** The validation loss after a step. */
export interface Evaluation {
  /** 1 after the first step. */
  readonly step: number;
  /** Mean over the validation data, in nats per token. */
  readonly loss: number;
}

/** A training run between two steps: a resumable checkpoint, and its data. */
export interface Run extends Checkpoint {
  readonly mode: DataMode;
  readonly progress: Progress;
  readonly data: TrainingData;
  /** The sequences of the steps, batchSize · gradientAccumulationSteps in each. */
  readonly sequences: Sequences;
  /** The sequences of every evaluation. */
  readonly validation: readonly (readonly number[])[];
}

export interface RunOptions extends EngineOptions, Omit<TokenizeOptions, "seed"> {
  /** Sizes and kind of the model; missing fields are those of the preset `microgpt`. The data determines vocabSize. */
  readonly model?: Partial<Omit<GPTConfig, "vocabSize">>;
  /** Missing fields are those of the preset `microgpt`. */
  readonly training?: Partial<TrainingSettings>;
  /** Fine-tuning: begins with this model's weights, sizes and tokenizer instead of fresh ones. */
  readonly initFrom?: Checkpoint;
}

/**
 * A run before its first step, on a list of documents, a corpus or prepared data. One random stream, seeded by
 * `training.seed`, shuffles the documents and then draws the weights. Errors: settings out of range or unknown, a model
 * too large for the memory, data without variety, text that the tokenizer of `initFrom` cannot spell.
 */
export function startRun(source: readonly string[] | Corpus | TrainingData, options: RunOptions = {}): Run {
  checkRunOptions(options);
  const given = sourceOf("train", source);
  const settings = checkSettings({ ...presets.microgpt.training, ...options.training });
  const { initFrom, valFraction } = options;
  const tokenizer = initFrom?.tokenizer ?? options.tokenizer;
  const data =
    "data" in given
      ? given.data
      : tokenize(given.corpus, {
          seed: settings.seed,
          ...(valFraction !== undefined && { valFraction }),
          ...(options.split !== undefined && { split: options.split }),
          ...(tokenizer !== undefined && { tokenizer }),
        });
  if (initFrom !== undefined) checkTokenizer("init_from", initFrom.tokenizer, data.tokenizer);
  const { vocabSize } = data.tokenizer;
  const config = checkConfig(initFrom?.model.config ?? { ...presets.microgpt.model, ...options.model, vocabSize });
  checkEvaluations(settings, data);

  const random = new Random(settings.seed);
  const shuffled = inOrder(data, random);
  checkMemoryFor(config, settings, shuffled, options);
  const weights = initFrom?.model.state().weights;
  const engine = { ...engineOptionsOf(options), mode: data.mode === "documents" ? data.mode : data.of };
  const model = weights === undefined ? GPT.init(config, random, engine) : new GPT({ config, weights }, engine);
  const progress = { settings, data: data.fingerprint, random, losses: [], evaluations: [] };
  return assemble(model, shuffled, progress);
}

export interface ResumeOptions {
  /** A new end of the run. */
  readonly numSteps?: number;
  /** A new patience. */
  readonly patience?: number;
  /** As in EngineOptions. */
  readonly memoryLimit?: number;
}

/**
 * The run of a checkpoint, ready for its next step; it takes over the checkpoint's model. Errors: those of `reopenRun`,
 * a run that has finished.
 */
export function resumeRun(
  checkpoint: Checkpoint,
  source: readonly string[] | Corpus | TrainingData,
  options: ResumeOptions = {},
): Run {
  const run = reopenRun(checkpoint, source, options);
  const { losses, settings } = run.progress;
  if (losses.length >= settings.numSteps) {
    const got = `a run that has done ${losses.length} of ${settings.numSteps}`;
    throw cannot("steps left to do", got, `give a num_steps above ${losses.length}`);
  }
  if (outOfPatience(run.progress)) {
    const got = `a run that stopped early, after ${settings.patience} evaluations without a better one`;
    throw cannot("a run that is not at its end", got, "give it more patience, or 0 for no end to it");
  }
  return run;
}

/**
 * Like `resumeRun`, for a run that may have finished, to inspect it. Errors: a checkpoint without progress, other data
 * than the run began with.
 */
export function reopenRun(
  checkpoint: Checkpoint,
  source: readonly string[] | Corpus | TrainingData,
  options: ResumeOptions = {},
): Run {
  checkCheckpoint("resume", checkpoint);
  checkResumeOptions(options);
  const given = sourceOf("resume", source);
  const { model, tokenizer, progress } = checkpoint;
  if (progress === undefined) {
    throw cannot(
      "a checkpoint with the state of its run",
      "a model only",
      "start a new run, with --init_from this one",
    );
  }
  const { data: before } = progress;
  const { seed } = progress.settings;
  const asked = { numSteps: options.numSteps, patience: options.patience };
  const settings = checkSettings({
    ...progress.settings,
    ...Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined)),
  });
  const data =
    "data" in given
      ? given.data
      : sameText(before, given.corpus, () =>
          tokenize(given.corpus, { tokenizer, seed, valFraction: before.valFraction, split: before.split ?? "tail" }),
        );
  checkData(before, data.fingerprint);
  checkTokenizer("resume", tokenizer, data.tokenizer);
  const shuffled = inOrder(data, new Random(seed));
  checkMemoryFor(model.config, settings, shuffled, { engine: model.engine, ...options });
  return assemble(model, shuffled, { ...progress, settings });
}

/** Number of sequences in each step. */
export function stepSize({ batchSize, gradientAccumulationSteps }: TrainingSettings): number {
  return batchSize * gradientAccumulationSteps;
}

/** Largest number of tokens that a batch predicts. */
export function maxRowsOf({ sequences, progress }: Run): number {
  return sequences.longest * progress.settings.batchSize;
}

/**
 * Largest number of tokens that an evaluation predicts at once: a batch, or the longest of the validation data alone.
 */
export function evaluationRowsOf(run: Run): number {
  const { blockSize } = run.model.config;
  const longest = run.validation.reduce((most, { length }) => Math.max(most, Math.min(length - 1, blockSize)), 0);
  return Math.max(maxRowsOf(run), longest);
}

/** The evaluation with the lowest loss so far. */
export function bestOf(evaluations: readonly Evaluation[]): Evaluation | undefined {
  return evaluations.reduce<Evaluation | undefined>(
    (best, now) => (best && best.loss <= now.loss ? best : now),
    undefined,
  );
}

/** True if a run has ended early: `patience` evaluations since the best one. */
export function outOfPatience({ settings: { patience }, evaluations }: Progress): boolean {
  if (patience === 0) return false;
  const best = bestOf(evaluations);
  return best !== undefined && evaluations.length - 1 - evaluations.indexOf(best) >= patience;
}

/** True if a run has finished, possibly early. */
export function isFinished(progress: Progress): boolean {
  return progress.losses.length >= progress.settings.numSteps || outOfPatience(progress);
}

/** The data in the order in which the run visits it. */
function inOrder(data: TrainingData, random: Random): TrainingData {
  return data.mode === "documents" ? { ...data, train: random.shuffle(data.train) } : data;
}

function assemble(model: GPT, data: TrainingData, progress: Progress): Run {
  checkSequences(progress.settings);
  const { blockSize } = model.config;
  const { seed, evalIters, batchSize } = progress.settings;
  const limit = evalIters === 0 ? Infinity : evalIters * batchSize;
  const { tokenizer } = data;
  const mode = data.mode === "documents" ? data.mode : data.of;
  const parts =
    data.mode === "documents"
      ? {
          sequences: documentSequences(data.train, tokenizer, blockSize),
          validation: firstDocuments(data.val, tokenizer, limit),
        }
      : {
          sequences: windowSequences(data.train, blockSize, seed),
          validation: evenWindows(data.val, blockSize, limit),
        };
  return { model, tokenizer, mode, progress, data, ...parts };
}

/** Checks that the engine can hold a step on the longest documents, before any weight is drawn. */
function checkMemoryFor(
  config: GPTConfig,
  settings: TrainingSettings,
  data: TrainingData,
  { engine, memoryLimit }: EngineOptions,
): void {
  const { batchSize, seed } = settings;
  const { longest } =
    data.mode === "documents"
      ? documentSequences(data.train, data.tokenizer, config.blockSize)
      : windowSequences(data.train, config.blockSize, seed);
  if (engine === "scalar") checkMemory(config, longest, memoryLimit, batchSize);
  else checkArena(config, settings, batchSize * longest);
}

function checkEvaluations({ evalInterval, patience }: TrainingSettings, { val }: TrainingData): void {
  const complain = (expected: string, got: string, fix: string): never => {
    throw new MicrogptError({ operation: "train", expected, got, fix });
  };
  if (evalInterval > 0 && val.length === 0) {
    complain(
      "validation data for eval_interval",
      "none held out",
      "give a val_fraction, 0.1 for instance, or eval_interval 0",
    );
  }
  if (patience > 0 && evalInterval === 0) {
    complain("evaluations for patience", "eval_interval 0", "give an eval_interval, or patience 0");
  }
}

/** Other text may hold characters unknown to the tokenizer, but the better error is that it is other text. */
function sameText(
  before: DataFingerprint,
  { name, docs, mode = "documents" }: Corpus,
  tokenized: () => TrainingData,
): TrainingData {
  try {
    return tokenized();
  } catch (error) {
    checkData(before, { ...before, name, mode, numDocs: docs.length, crc32: checksum(docs) });
    throw error;
  }
}

function checkData(before: DataFingerprint, now: DataFingerprint): void {
  // Several texts may be split in two ways.
  const split = now.numDocs === 1 || now.mode === "documents" || (now.split ?? "tail") === (before.split ?? "tail");
  if (now.mode === before.mode && now.numDocs === before.numDocs && now.crc32 === before.crc32) {
    if (split) return;
    const of = ({ split = "tail" }: DataFingerprint): string => `texts split by ${split}`;
    throw cannot(of(before), of(now), "tokenize them as the run did, or give their Corpus itself");
  }
  const describe = ({ name, mode, numDocs, crc32 }: DataFingerprint): string =>
    `${show(name)} (${mode === "documents" ? `${numDocs} documents` : "running text"}, CRC ${crc32})`;
  const fix = "resume with the same data, or begin a new run on this with --init_from";
  throw cannot(
    `the ${before.mode === "documents" ? "documents" : "text"} of the run, ${describe(before)}`,
    describe(now),
    fix,
  );
}

function checkTokenizer(operation: string, before: Tokenizer, now: Tokenizer): void {
  if (now === before || JSON.stringify(now) === JSON.stringify(before)) return;
  const describe = (of: Tokenizer): string => `a ${of.toJSON().type} tokenizer of ${of.vocabSize} tokens`;
  throw new MicrogptError({
    operation,
    expected: `the tokenizer of the model, ${describe(before)}`,
    got: `${describe(now)}${now.vocabSize === before.vocabSize ? ", another one" : ""}`,
    fix: "prepare the data with the model's own tokenizer",
  });
}

function cannot(expected: string, got: string, fix: string): MicrogptError {
  return new MicrogptError({ operation: "resume", expected, got, fix });
}
