/** The programs that train a GPT, as they lie beside each other in one memory. */

import { compile, type Program } from "../compile/compile.ts";
import type { Roots } from "../compile/lower.ts";
import type { GPTConfig } from "../model/config.ts";
import { checkStepOptions, type StepOptions } from "../scalar/train-step.ts";
import { checkInteger } from "../util/checks.ts";
import type { TrainerOptions } from "./engine.ts";
import { accumulatingStep, evaluation, trainingStep, updatingStep } from "./step-graph.ts";

export interface StepProgram {
  /** `train` is a whole step; `accumulate` and `update` are its halves where a step has several parts. */
  readonly name: "train" | "accumulate" | "update" | "evaluate";
  readonly roots: Roots;
  readonly program: Program;
}

/** In the order in which they were compiled, so that the last one's plan ends where the memory does. Errors: options out of range. */
export function stepPrograms(config: GPTConfig, options: Omit<TrainerOptions, "steps">): StepProgram[] {
  const { maxRows } = options;
  const settings = { ...options, ...checkTrainerOptions(options) };
  const programs: StepProgram[] = [];
  const add = (name: StepProgram["name"], roots: Roots, rows: number): void => {
    programs.push({ name, roots, program: compile(roots, rows, programs.at(-1)?.program) });
  };
  if (settings.gradientAccumulationSteps === 1) add("train", trainingStep(config, settings), maxRows);
  else {
    add("accumulate", accumulatingStep(config, settings), maxRows);
    add("update", updatingStep(config, settings), 1);
  }
  if (settings.evaluationRows > 0) add("evaluate", evaluation(config), settings.evaluationRows);
  return programs;
}

/** The options that may be left out, with their defaults. Errors: one that is out of range. */
export function checkTrainerOptions(
  options: Pick<TrainerOptions, keyof StepOptions | "evaluationRows">,
): Required<StepOptions> & { readonly evaluationRows: number } {
  const { evaluationRows = 0 } = options;
  checkInteger("train", "evaluation_rows", evaluationRows, { min: 0 });
  return { ...checkStepOptions(options), evaluationRows };
}
