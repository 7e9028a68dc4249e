/** Checks of checkpoints and runs that callers hand in. Apart from those of options, whose tables training does not need. */

import { checkTokenizer } from "../data/tokenizer.ts";
import { GPT } from "../engine/gpt.ts";
import { checkFields, checkFunction, checkMethods, checkSignal } from "../util/checks.ts";
import { mistake, show } from "../util/errors.ts";
import type { TrainOptions } from "./record.ts";
import type { Checkpoint, Run } from "./run.ts";

export function checkTrainOptions(options: TrainOptions): void {
  const known: readonly (keyof TrainOptions)[] = ["ranks", "onPace", "onEvaluation", "signal"];
  checkFields("train", "the options", options, known);
  checkSignal("train", options.signal);
  if (options.ranks !== undefined)
    checkMethods("train", "the ranks", options.ranks, ["sum"], "pass those of microgpt/mpi");
  for (const name of ["onPace", "onEvaluation"] as const) {
    if (options[name] !== undefined) checkFunction("train", name, options[name]);
  }
}

export function checkRun(operation: string, run: Run): void {
  const found: Partial<Run> = typeof run === "object" && run !== null ? run : {};
  if (found.model instanceof GPT && found.progress !== undefined && Array.isArray(found.validation)) {
    checkMethods(operation, "a run", found.sequences, ["at", "tokensIn"], "pass a run from startRun or resumeRun");
    return;
  }
  const fix = "pass a run from startRun or resumeRun; resumeRun makes one from a checkpoint";
  throw mistake("type", operation, "a run", show(run), fix);
}

export function checkCheckpoint(operation: string, checkpoint: Checkpoint): void {
  const fix = "pass a run from startRun, or a checkpoint from loadCheckpoint or decodeCheckpoint";
  const model: unknown = typeof checkpoint === "object" && checkpoint !== null ? checkpoint.model : undefined;
  if (!(model instanceof GPT)) {
    const expected = "a checkpoint: a model with its tokenizer";
    throw mistake("type", operation, expected, show(checkpoint), fix);
  }
  checkTokenizer(operation, checkpoint.tokenizer);
}
