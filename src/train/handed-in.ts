/** Checks what a run is started from, since callers may not use TypeScript. */

import { type Corpus, corpusOf } from "../data/corpus.ts";
import { ENGINE_FIELDS } from "../engine/engine-options.ts";
import { MODEL_SETTINGS } from "../model/config.ts";
import { checkFields } from "../util/checks.ts";
import { mistake } from "../util/errors.ts";
import { formerNames } from "../util/setting.ts";
import { checkCheckpoint } from "./check-run.ts";
import type { ResumeOptions, RunOptions } from "./run.ts";
import { TRAINING_SETTINGS } from "./settings.ts";
import type { TrainingData } from "./training-data.ts";

const TRAINING_FIELDS: readonly string[] = Object.keys(TRAINING_SETTINGS);
const MODEL = [...Object.keys(MODEL_SETTINGS), ...formerNames(MODEL_SETTINGS)];
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

/** Returns training data unchanged, anything else as a corpus. Errors: those of `corpusOf`. */
export function sourceOf(
  operation: string,
  source: readonly string[] | Corpus | TrainingData,
): { readonly data: TrainingData } | { readonly corpus: Corpus } {
  if (typeof source === "object" && source !== null && "fingerprint" in source) return { data: source };
  return { corpus: corpusOf(operation, source) };
}
