/** The programs that train a GPT, compiled to share one memory. */

import type { Device } from "../backend/backend.ts";
import { compile, type Program } from "../compile/compile.ts";
import type { Roots } from "../compile/lower.ts";
import type { Target } from "../compile/target.ts";
import type { GPTConfig } from "../model/config.ts";
import { countParams } from "../model/params.ts";
import { checkStepOptions, type StepOptions } from "../model/step.ts";
import { checkInteger } from "../util/checks.ts";
import { ROWS } from "../util/dim.ts";
import { internalError } from "../util/errors.ts";
import type { GPTState, Trainer, TrainerOptions } from "./engine.ts";
import type { CompiledEvaluator } from "./evaluator.ts";
import { groupsOf } from "./layout.ts";
import { accumulatingStep, evaluation, trainingStep, updatingStep } from "./step-graph.ts";

export interface StepProgram {
  /** `train` is a whole step; `accumulate` and `update` are its halves if a step has several parts, or several ranks. */
  readonly name: "train" | "accumulate" | "update" | "evaluate";
  readonly roots: Roots;
  readonly program: Program;
}

export interface CompiledStep {
  readonly programs: readonly [StepProgram, ...StepProgram[]];
  /** Bytes that the programs take together. */
  readonly bytes: number;
}

/** Trains with compiled steps. */
export interface StepTrainer extends Trainer {
  /** Evaluates in the same memory, if requested. */
  readonly evaluator: CompiledEvaluator | undefined;
  /** True if `state` has the numbers of the last step. */
  readonly isFetched: boolean;
}

/** Steps for a machine that answers late: each graph with its place in the queue, and the trainer that runs them. */
export interface Queue {
  step(roots: Roots): Roots;
  /** The two halves of a step of `count` parts. */
  part(roots: Roots, count: number): Roots;
  update(roots: Roots, count: number): Roots;
  trainer(state: GPTState, programs: readonly StepProgram[], device: Device, options: TrainerOptions): StepTrainer;
}

type Options = Omit<TrainerOptions, "steps">;

/** The machine that a step is compiled for, with a `queue` if it answers late. */
interface Machine {
  readonly target: Target;
  readonly queue?: Queue | undefined;
}

/** Errors: options out of range. */
export function compileStep(config: GPTConfig, options: Options, { target, queue }: Machine): CompiledStep {
  const { maxRows } = options;
  const settings = { ...options, ...checkTrainerOptions(options) };
  const parts = settings.gradientAccumulationSteps;
  const [accumulates, evaluates] = [parts > 1 || options.ranks !== undefined, settings.evaluationRows > 0];
  const compiled = (name: StepProgram["name"], roots: Roots, rows: number, beside?: StepProgram): StepProgram => ({
    name,
    roots,
    program: compile(roots, rows, target, beside?.program),
  });
  const whole = (roots: Roots): Roots => queue?.step(roots) ?? roots;
  const part = (roots: Roots): Roots => queue?.part(roots, parts) ?? roots;
  const update = (roots: Roots): Roots => queue?.update(roots, parts) ?? roots;
  const first = accumulates
    ? compiled("accumulate", part(accumulatingStep(config, settings)), maxRows)
    : compiled("train", whole(trainingStep(config, settings)), maxRows);
  const second = accumulates ? compiled("update", update(updatingStep(config, settings)), 1, first) : first;
  const evaluating = evaluation(config, ROWS, groupsOf(config, settings));
  const last = evaluates ? compiled("evaluate", evaluating, settings.evaluationRows, second) : second;
  const others = [...(second === first ? [] : [second]), ...(last === second ? [] : [last])];
  return { programs: [first, ...others], bytes: last.program.plan.bytes };
}

/** The programs by what they do. */
export interface Halves {
  /** Finds loss and gradient. */
  readonly batch: Program;
  /** Updates the weights: the same program, if the step is one. */
  readonly update: Program;
  readonly evaluate: Program | undefined;
}

export function halvesOf(programs: readonly StepProgram[]): Halves {
  const named = (name: StepProgram["name"]): Program | undefined =>
    programs.find((other) => other.name === name)?.program;
  const [batch, update] = [named("train") ?? named("accumulate"), named("train") ?? named("update")];
  if (batch === undefined || update === undefined) throw internalError("half a step");
  return { batch, update, evaluate: named("evaluate") };
}

/** Compiles the steps of a model, and the same one only once. */
export class StepCompiler {
  readonly #config: GPTConfig;
  readonly #machine: Machine;
  #last: { readonly options: string; readonly step: CompiledStep } | undefined;

  constructor(config: GPTConfig, machine: Machine) {
    this.#config = config;
    this.#machine = machine;
  }

  /** Errors: options out of range. */
  compile(options: Options & Partial<TrainerOptions>): CompiledStep {
    const { steps, ranks, ...others } = options;
    const key = JSON.stringify([others, ranks !== undefined]);
    if (this.#last?.options !== key) {
      this.#last = { options: key, step: compileStep(this.#config, { ...others, ranks }, this.#machine) };
    }
    return this.#last.step;
  }
}

/** Tokens and parameters up to which a step is far from any limit, so that it need not be compiled for the check. */
const SURELY_SMALL = 2 ** 24;

export function isSurelySmall(config: GPTConfig, { maxRows, evaluationRows = 0 }: Options): boolean {
  const { nLayer, nEmbd, vocabSize, blockSize } = config;
  const activations = (maxRows + evaluationRows) * (vocabSize + nLayer * (20 * nEmbd + blockSize));
  return countParams(config) + activations < SURELY_SMALL;
}

/** The optional settings with their defaults. Errors: one that is out of range. */
export function checkTrainerOptions(
  options: Pick<TrainerOptions, keyof StepOptions | "evaluationRows">,
): Required<StepOptions> & { readonly evaluationRows: number } {
  const { evaluationRows = 0 } = options;
  checkInteger("train", "evaluationRows", evaluationRows, { min: 0 });
  return { ...checkStepOptions(options), evaluationRows };
}
