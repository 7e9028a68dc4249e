/** Begins a run, or takes one up where a checkpoint left it. */

import type { Corpus, DataMode } from "../data/corpus.ts";
import type { Tokenizer } from "../data/tokenizer.ts";
import { checkEngineOptions, engineOptionsOf } from "../engine/engine-options.ts";
import { openEngine } from "../engine/engines.ts";
import { GPT } from "../engine/gpt.ts";
import { freshWeights } from "../engine/state.ts";
import { checkConfig } from "../model/check-config.ts";
import { type GPTConfig, SMALL } from "../model/config.ts";
import { type MicrogptError, mistake, show } from "../util/errors.ts";
import { Random } from "../util/random.ts";
import { say, set, type Words } from "../util/words.ts";
import { checkCheckpoint } from "./check-run.ts";
import { checkResumeOptions, checkRunOptions, sourceOf } from "./handed-in.ts";
import { presets } from "./presets.ts";
import {
  type Checkpoint,
  outOfPatience,
  type ResumeOptions,
  type Run,
  type RunOptions,
  stepOf,
  type Taken,
} from "./run.ts";
import { documentSequences, evenWindows, firstDocuments, windowSequences } from "./sequences.ts";
import { checkSequences, checkSettings, type TrainingSettings } from "./settings.ts";
import { checksum, type DataFingerprint, type TrainingData, tokenize } from "./training-data.ts";

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
  const config = checkConfig(initFrom?.model.config ?? { ...SMALL, ...options.model, vocabSize });
  checkEvaluations(settings, data);

  const random = new Random(settings.seed);
  const shuffled = inOrder(data, random);
  const taken = sequencesOf(shuffled, config, settings);
  const engineOptions = checkEngineOptions(engineOptionsOf(options));
  const engine = openEngine(config, engineOptions);
  // Before the weights are drawn, which takes long for a model that is too large.
  engine.checkStep(stepOf(config, settings, taken), taken.sequences.longest);
  checkSequences(settings);
  const weights = initFrom?.model.state().weights ?? freshWeights(config, random, engine);
  const mode = modeOf(data);
  const model = new GPT({ config, weights }, { ...engineOptions, mode }, engine);
  const progress = { settings, data: data.fingerprint, random, losses: [], evaluations: [] };
  return { model, tokenizer: data.tokenizer, mode, progress, data: shuffled, ...taken };
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
    const values = { step: losses.length, numSteps: settings.numSteps };
    throw cannot("steps left to do", got, say`give ${set("numSteps")} above ${losses.length}`, values);
  }
  if (outOfPatience(run.progress)) {
    const got = `a run that stopped early, after ${settings.patience} evaluations without a better one`;
    const values = { step: losses.length, patience: settings.patience };
    throw cannot("an unfinished run", got, say`raise ${set("patience")}, or give ${set("patience", 0)}`, values);
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
      say`fine-tune it in a new run, with ${set("initFrom")}`,
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
  const taken = sequencesOf(shuffled, model.config, settings);
  model.checkStep(stepOf(model.config, settings, taken), taken.sequences.longest, options.memoryLimit);
  checkSequences(settings);
  return { model, tokenizer, mode: modeOf(data), progress: { ...progress, settings }, data: shuffled, ...taken };
}

/** The data in the order in which the run visits it. */
function inOrder(data: TrainingData, random: Random): TrainingData {
  return data.mode === "documents" ? { ...data, train: random.shuffle(data.train) } : data;
}

function sequencesOf(data: TrainingData, { blockSize }: GPTConfig, settings: TrainingSettings): Taken {
  const { seed, evalIters, batchSize } = settings;
  const limit = evalIters === 0 ? Infinity : evalIters * batchSize;
  if (data.mode === "documents") {
    return {
      sequences: documentSequences(data.train, data.tokenizer, blockSize),
      validation: firstDocuments(data.val, data.tokenizer, limit),
    };
  }
  return {
    sequences: windowSequences(data.train, blockSize, seed),
    validation: evenWindows(data.val, blockSize, limit),
  };
}

function modeOf(data: TrainingData): DataMode {
  return data.mode === "documents" ? data.mode : data.of;
}

function checkEvaluations({ evalInterval, patience }: TrainingSettings, { val }: TrainingData): void {
  const complain = (field: string, expected: Words, got: Words, fix: Words): never => {
    throw mistake("conflict", "train", expected, got, fix, { field });
  };
  if (evalInterval > 0 && val.length === 0) {
    const fix = say`give ${set("valFraction", 0.1)}, for instance, or ${set("evalInterval", 0)}`;
    complain("evalInterval", say`validation data for ${set("evalInterval")}`, "none held out", fix);
  }
  if (patience > 0 && evalInterval === 0) {
    const fix = say`give ${set("evalInterval")}, or ${set("patience", 0)}`;
    complain("patience", say`evaluations for ${set("patience")}`, say`${set("evalInterval", 0)}`, fix);
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
    throw cannot(of(before), of(now), "tokenize them as the run did, or pass the Corpus itself");
  }
  const describe = ({ name, mode, numDocs, crc32 }: DataFingerprint): string =>
    `${show(name)} (${mode === "documents" ? `${numDocs} documents` : "running text"}, CRC ${crc32})`;
  const fix = say`resume with the same data, or fine-tune on this data with ${set("initFrom")}`;
  throw cannot(
    `the ${before.mode === "documents" ? "documents" : "text"} of the run, ${describe(before)}`,
    describe(now),
    fix,
  );
}

function checkTokenizer(operation: string, before: Tokenizer, now: Tokenizer): void {
  if (now === before || JSON.stringify(now) === JSON.stringify(before)) return;
  const describe = (of: Tokenizer): string => `a ${of.toJSON().type} tokenizer of ${of.vocabSize} tokens`;
  throw mistake(
    "tokenizer",
    operation,
    `the tokenizer of the model, ${describe(before)}`,
    `${describe(now)}${now.vocabSize === before.vocabSize ? ", but a different one" : ""}`,
    "prepare the data with the model's own tokenizer",
  );
}

function cannot(expected: string, got: string, fix: Words, values?: Readonly<Record<string, number>>): MicrogptError {
  return mistake("resume", "resume", expected, got, fix, values && { values });
}
