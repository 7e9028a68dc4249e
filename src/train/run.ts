import { CharTokenizer } from "../data/char-tokenizer.ts";
import type { Corpus, DataMode } from "../data/corpus.ts";
import type { EngineOptions } from "../engine/engine.ts";
import { GPT } from "../engine/gpt.ts";
import { checkArena } from "../engine/step-plan.ts";
import { checkConfig, type GPTConfig } from "../model/config.ts";
import { checkMemory } from "../scalar/memory.ts";
import { crc32, hex32 } from "../util/crc32.ts";
import { MicrogptError, show } from "../util/errors.ts";
import { Random } from "../util/random.ts";
import { presets } from "./presets.ts";
import { checkSettings, type TrainingSettings } from "./settings.ts";

/** What is saved: a model with its tokenizer and, if its training can go on, how far that is. */
export interface Checkpoint {
  readonly model: GPT;
  readonly tokenizer: CharTokenizer;
  readonly progress?: Progress;
  /** How its text was learned. Default documents. */
  readonly mode?: DataMode;
}

/** The exact state of a training run between two steps. */
export interface Progress {
  readonly settings: TrainingSettings;
  readonly data: DataFingerprint;
  /** The stream as shuffling and drawing the weights have left it; sampling goes on from here. */
  readonly random: Random;
  /** The loss of each step so far: their number is the step. */
  readonly losses: number[];
}

/** Tells whether a run that goes on gets the documents it began with. */
export interface DataFingerprint {
  readonly name: string;
  readonly numDocs: number;
  /** CRC-32 of the documents, one a line, as hexadecimal digits. */
  readonly crc32: string;
}

/** A training run at rest: a checkpoint that can go on, and the documents in the order in which it visits them. */
export interface Run extends Checkpoint {
  readonly progress: Progress;
  readonly docs: readonly string[];
}

export interface RunOptions extends EngineOptions {
  /** Sizes and kind of the model; what is left out is as in the preset `microgpt`. The data decides vocabSize. */
  readonly model?: Partial<Omit<GPTConfig, "vocabSize">>;
  /** What is left out is as in the preset `microgpt`. */
  readonly training?: Partial<TrainingSettings>;
}

/**
 * A run before its first step. One random stream, seeded by `training.seed`, shuffles the documents and then
 * draws the weights. Errors: settings out of range, a model too large for the memory, data without variety.
 */
export function startRun(documents: Corpus, options: RunOptions = {}): Run {
  const settings = checkSettings({ ...presets.microgpt.training, ...options.training });
  const tokenizer = CharTokenizer.fit(documents.docs);
  const config = checkConfig({ ...presets.microgpt.model, ...options.model, vocabSize: tokenizer.vocabSize });
  checkMemoryFor(config, settings, documents, options);

  const random = new Random(settings.seed);
  const docs = random.shuffle(documents.docs);
  const model = GPT.init(config, random, options);
  return { model, tokenizer, docs, progress: { settings, data: fingerprint(documents), random, losses: [] } };
}

export interface ResumeOptions {
  /** Another end than the run had. */
  readonly numSteps?: number;
  /** As in EngineOptions. */
  readonly memoryLimit?: number;
}

/**
 * The run that a checkpoint was taken from, ready for its next step; from now on the checkpoint's model is the run's.
 * Errors: a checkpoint without progress, other documents than the run began with, a run that is already at its end.
 */
export function resumeRun(checkpoint: Checkpoint, documents: Corpus, options: ResumeOptions = {}): Run {
  const { model, tokenizer, progress } = checkpoint;
  if (progress === undefined) {
    throw cannot("a checkpoint with the state of its run", "a model only", "start a new run");
  }
  const { data, losses } = progress;
  const now = fingerprint(documents);
  if (now.numDocs !== data.numDocs || now.crc32 !== data.crc32) {
    const describe = (of: DataFingerprint): string => `${show(of.name)} (${of.numDocs} documents, CRC ${of.crc32})`;
    throw cannot(`the documents of the run, ${describe(data)}`, describe(now), "resume with the same data");
  }
  const settings = checkSettings({ ...progress.settings, numSteps: options.numSteps ?? progress.settings.numSteps });
  if (losses.length >= settings.numSteps) {
    const got = `a run that has done ${losses.length} of ${settings.numSteps}`;
    throw cannot("steps left to do", got, `give a num_steps above ${losses.length}`);
  }
  checkMemoryFor(model.config, settings, documents, { engine: model.engine, ...options });
  const docs = new Random(settings.seed).shuffle(documents.docs);
  return { model, tokenizer, docs, progress: { ...progress, settings } };
}

function fingerprint({ name, docs }: Corpus): DataFingerprint {
  return { name, numDocs: docs.length, crc32: hex32(crc32(new TextEncoder().encode(docs.join("\n")))) };
}

/** The most tokens that the documents of one step can have together. */
export function maxRowsOf({ model, docs, progress }: Run): number {
  return longestOf(model.config, docs) * progress.settings.batchSize;
}

/** Tokens that the model is asked to predict in the longest document, BOS at its end among them. */
function longestOf({ blockSize }: GPTConfig, docs: readonly string[]): number {
  return Math.min(blockSize, docs.reduce((most, doc) => Math.max(most, doc.length), 0) + 1);
}

/** That the engine can hold a step on the longest documents: said before any weight is drawn. */
function checkMemoryFor(
  config: GPTConfig,
  settings: TrainingSettings,
  { docs }: Corpus,
  { engine, memoryLimit }: EngineOptions,
): void {
  const { batchSize } = settings;
  if (engine === "scalar") checkMemory(config, longestOf(config, docs), memoryLimit, batchSize);
  else checkArena(config, settings, batchSize * longestOf(config, docs));
}

function cannot(expected: string, got: string, fix: string): MicrogptError {
  return new MicrogptError({ operation: "resume", expected, got, fix });
}
