/**
 * Training on the compiled engine: one program runs the whole step, or two its halves, and weights and moments stay in
 * their memory.
 */

import type { VisibleBackend, VisibleDevice } from "../backend/backend.ts";
import type { Program } from "../compile/compile.ts";
import { countParams, type GPTConfig } from "../model/config.ts";
import { countRows, partsOf } from "../model/pack.ts";
import { checkFinite, checkStepOptions, type StepOptions, type StepResult } from "../scalar/train-step.ts";
import { internalError, type MicrogptError, mistake } from "../util/errors.ts";
import { BatchRows } from "./batch-rows.ts";
import { type GPTState, type Trainer, type TrainerOptions, trainerDisposed } from "./engine.ts";
import { CompiledEvaluator } from "./evaluator.ts";
import { flatten, unflatten } from "./flat.ts";
import type { CompiledStep, StepProgram } from "./step-programs.ts";

/** Errors: options out of range, more memory than the backend has, threads that do not start. */
export async function openTrainer(
  backend: VisibleBackend,
  threads: number,
  { programs }: CompiledStep,
  state: GPTState,
  options: TrainerOptions,
): Promise<CompiledTrainer> {
  const list = programs.map(({ program }) => program);
  return new CompiledTrainer(state, programs, await backend.open(list, { threads }), options);
}

/** The programs of a step on a device, as a trainer. */
export class CompiledTrainer implements Trainer {
  readonly threads: number;
  /** What evaluates in the same memory, if that was asked for. */
  readonly evaluator: CompiledEvaluator | undefined;
  readonly #config: GPTConfig;
  readonly #options: Required<StepOptions>;
  /** What computes loss and gradient, and what updates: the same, if the step is one program. */
  readonly #batch: Program;
  readonly #update: Program;
  readonly #device: VisibleDevice;
  readonly #rows: BatchRows;
  readonly #learningRate: Float32Array;
  readonly #step: Float32Array;
  readonly #loss: Float32Array;
  readonly #gradNorm: Float32Array;
  #steps: number;
  /** Steps begun, those that failed or were left included. */
  #begun = 0;
  #disposed = false;

  constructor(
    { config, weights, moments }: GPTState,
    programs: readonly StepProgram[],
    device: VisibleDevice,
    options: TrainerOptions,
  ) {
    const named = (name: StepProgram["name"]): Program | undefined =>
      programs.find((other) => other.name === name)?.program;
    const batch = named("train") ?? named("accumulate");
    const update = named("train") ?? named("update");
    if (batch === undefined || update === undefined) throw internalError("half a step");
    this.#config = config;
    this.#options = checkStepOptions(options);
    this.#steps = options.steps;
    this.#batch = batch;
    this.#update = update;
    this.#device = device;
    this.threads = device.threads;
    this.#rows = new BatchRows(config, batch, device);
    this.#learningRate = device.view(update, "learning_rate");
    this.#step = device.view(update, "step");
    this.#loss = device.view(batch, "loss");
    this.#gradNorm = device.view(update, "grad_norm");

    device.write(batch, "weights", flatten(weights));
    if (moments !== undefined) {
      device.write(update, "m", flatten(moments.m));
      device.write(update, "v", flatten(moments.v));
    }
    const evaluating = named("evaluate");
    this.evaluator = evaluating && new CompiledEvaluator(config, evaluating, device, () => {});
  }

  get steps(): number {
    return this.#steps;
  }

  get disposed(): boolean {
    return this.#disposed;
  }

  step(documents: readonly (readonly number[])[], learningRate: number): StepResult {
    if (this.#batch === this.#update) {
      const step = this.#begin(learningRate);
      return this.#finish(this.#lossOf(documents, step), step);
    }
    const parts = partsOf(documents, this.#options.gradientAccumulationSteps);
    const work = this.stepInParts(parts, countRows(documents, this.#config.blockSize), learningRate);
    for (;;) {
      const { done, value } = work.next();
      if (done) return value;
    }
  }

  *stepInParts(
    parts: Iterable<readonly (readonly number[])[]>,
    rows: number,
    learningRate: number,
  ): Generator<undefined, StepResult> {
    if (this.#batch === this.#update) return this.step([...parts].flat(), learningRate);
    const step = this.#begin(learningRate);
    const begun = this.#begun;
    // Here, not after the update: a step that was left midway has left something.
    this.#device.view(this.#batch, "gradient").fill(0);
    let [loss, first] = [0, 0];
    for (const part of parts) {
      if (first > 0) yield;
      if (this.#disposed) throw trainerDisposed();
      if (this.#begun !== begun) throw twoSteps();
      loss += this.#lossOf(part, step, rows, first);
      checkFinite("loss", loss, step);
      first += countRows(part, this.#config.blockSize);
    }
    this.#device.run(this.#update, 1);
    return this.#finish(loss, step);
  }

  /** Gives the number of the step that begins. */
  #begin(learningRate: number): number {
    if (this.#disposed) throw trainerDisposed();
    this.#begun++;
    const step = this.#steps + 1;
    this.#learningRate[0] = learningRate;
    this.#step[0] = step;
    return step;
  }

  #finish(loss: number, step: number): StepResult {
    const [gradNorm = Number.NaN] = this.#gradNorm;
    checkFinite("loss", loss, step);
    checkFinite("gradient", gradNorm, step);
    this.#steps = step;
    return { loss, gradNorm };
  }

  /** Runs documents that are all of a step, or of `total` rows those from `first` on. */
  #lossOf(documents: readonly (readonly number[])[], step: number, total?: number, first = 0): number {
    const rows = this.#rows.place(documents, total);
    this.#rows.draw(this.#options.seed, step, first, rows);
    this.#device.run(this.#batch, rows);
    return this.#loss[0] ?? Number.NaN;
  }

  state(): Required<GPTState> {
    const numbers = (name: string) =>
      unflatten(this.#device.view(this.#update, name).subarray(0, countParams(this.#config)), this.#config);
    return { config: this.#config, weights: numbers("weights"), moments: { m: numbers("m"), v: numbers("v") } };
  }

  wake(): Promise<void> {
    return this.#device.wake();
  }

  rest(): Promise<void> {
    return this.#device.rest();
  }

  dispose(): void {
    this.#disposed = true;
    this.evaluator?.dispose();
    this.#device.dispose();
  }
}

function twoSteps(): MicrogptError {
  const [expected, got] = ["one step after the other", "a step that began while this one was under way"];
  return mistake("busy", "train", expected, got, "wait for each step before the next");
}
