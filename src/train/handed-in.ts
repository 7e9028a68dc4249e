/** Checks the arguments of callers, who may not use TypeScript, before they are used. */

import { type Corpus, corpusOf } from "../data/corpus.ts";
import { checkTokenizer } from "../data/tokenizer.ts";
import { ENGINE_FIELDS } from "../engine/engine.ts";
import { GPT } from "../engine/gpt.ts";
import { checkFields, checkFunction, checkMethods, checkSignal } from "../util/checks.ts";
import { mistake, show } from "../util/errors.ts";
import { presets } from "./presets.ts";
import type { TrainOptions } from "./record.ts";
import type { Checkpoint, ResumeOptions, Run, RunOptions } from "./run.ts";
import { TRAINING_SETTINGS } from "./settings.ts";
import type { TrainingData } from "./training-data.ts";

const TRAINING_FIELDS: readonly string[] = Object.keys(TRAINING_SETTINGS);
const MODEL = Object.keys(presets.microgpt.model);
const OPTIONS = [...ENGINE_FIELDS, "valFraction", "tokenizer", "split", "model", "training", "initFrom"];

/** Refuses unknown options of a run, and fields that belong elsewhere. */
export function checkRunOptions(options: RunOptions): void {
  checkFields("train", "the options", options, OPTIONS, { training: TRAINING_FIELDS, model: MODEL });
  const { model, training, initFrom } = options;
  if (model !== undefined) {
    if (Object.hasOwn(model ?? {}, "vocabSize")) {
      const fix = "leave it out, or give a tokenizer of that size";
      throw mistake("conflict", "train", "model without vocabSize", "one with it", fix);
    }
    checkFields("train", "model", model, MODEL, { training: TRAINING_FIELDS, "the options": OPTIONS });
  }
  if (training !== undefined) {
    checkFields("train", "training", training, TRAINING_FIELDS, { model: MODEL, "the options": OPTIONS });
  }
  if (initFrom !== undefined) checkCheckpoint("init_from", initFrom);
}

const RESUMING: readonly (keyof ResumeOptions)[] = ["numSteps", "patience", "memoryLimit"];

export function checkResumeOptions(options: ResumeOptions): void {
  checkFields("resume", "the options", options, RESUMING);
}

export function checkTrainOptions(options: TrainOptions): void {
  const known: readonly (keyof TrainOptions)[] = ["onEvaluation", "signal"];
  checkFields("train", "the options", options, known);
  checkSignal("train", options.signal);
  if (options.onEvaluation !== undefined) checkFunction("train", "onEvaluation", options.onEvaluation);
}

/** Returns training data unchanged, anything else as a corpus. Errors: those of `corpusOf`. */
export function sourceOf(
  operation: string,
  source: readonly string[] | Corpus | TrainingData,
): { readonly data: TrainingData } | { readonly corpus: Corpus } {
  if (typeof source === "object" && source !== null && "fingerprint" in source) return { data: source };
  return { corpus: corpusOf(operation, source) };
}

export function checkCheckpoint(operation: string, checkpoint: Checkpoint): void {
  const fix = "give a run of startRun, or what loadCheckpoint or decodeCheckpoint gave";
  const model: unknown = typeof checkpoint === "object" && checkpoint !== null ? checkpoint.model : undefined;
  if (!(model instanceof GPT)) {
    const expected = "a checkpoint: a model with its tokenizer";
    throw mistake("type", operation, expected, show(checkpoint), fix);
  }
  checkTokenizer(operation, checkpoint.tokenizer);
}

export function checkRun(operation: string, run: Run): void {
  const found: Partial<Run> = typeof run === "object" && run !== null ? run : {};
  if (found.model instanceof GPT && found.progress !== undefined && Array.isArray(found.validation)) {
    checkMethods(operation, "a run", found.sequences, ["at", "tokensIn"], "give what startRun or resumeRun made");
    return;
  }
  const fix = "give what startRun or resumeRun made; a checkpoint becomes a run by resumeRun";
  throw mistake("type", operation, "a run", show(run), fix);
}
