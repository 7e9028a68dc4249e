/**
 * Training on the compiled engine: one program runs the whole step, or two its halves, and weights and moments stay in
 * their memory.
 */

import type { Machine } from "../backend/backend.ts";
import { wasm } from "../backend/wasm/machine.ts";
import { countParams, type GPTConfig } from "../model/config.ts";
import { countRows, partsOf } from "../model/pack.ts";
import { checkFinite, checkStepOptions, type StepOptions, type StepResult } from "../scalar/train-step.ts";
import { internalError, MicrogptError } from "../util/errors.ts";
import { BatchRows } from "./batch-rows.ts";
import { type EngineOptions, type GPTState, type Trainer, type TrainerOptions, trainerDisposed } from "./engine.ts";
import { CompiledEvaluator } from "./evaluator.ts";
import { flatten, unflatten } from "./flat.ts";
import { type StepProgram, stepPrograms } from "./step-programs.ts";

/** Errors: options out of range, programs larger than WebAssembly's memory, threads that do not start. */
export async function wasmTrainer(
  state: GPTState,
  options: TrainerOptions,
  engine: EngineOptions,
): Promise<WasmTrainer> {
  const programs = stepPrograms(state.config, options);
  const threads = engine.threads ?? 1;
  const machines = await wasm(engine).start(
    programs.map(({ program }) => program),
    threads,
  );
  return new WasmTrainer(state, programs, machines, options, threads);
}

/** Programs of `stepPrograms` in machines, as a trainer. */
export class WasmTrainer implements Trainer {
  readonly threads: number;
  /** What evaluates in the same memory, if that was asked for. */
  readonly evaluator: CompiledEvaluator | undefined;
  readonly #config: GPTConfig;
  readonly #options: Required<StepOptions>;
  /** What computes loss and gradient, and what updates: the same, if the step is one program. */
  readonly #batch: Machine;
  readonly #update: Machine;
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
    machines: readonly Machine[],
    options: TrainerOptions,
    threads: number,
  ) {
    const [first] = programs;
    const named = (name: StepProgram["name"]): Machine | undefined =>
      machines[programs.findIndex((other) => other.name === name)];
    const batch = named("train") ?? named("accumulate");
    const update = named("train") ?? named("update");
    if (first === undefined || batch === undefined || update === undefined) throw internalError("half a step");
    this.#config = config;
    this.#options = checkStepOptions(options);
    this.#steps = options.steps;
    this.#batch = batch;
    this.#update = update;
    this.threads = threads;
    this.#rows = new BatchRows(config, first.program, batch);
    this.#learningRate = update.view("learning_rate");
    this.#step = update.view("step");
    this.#loss = batch.view("loss");
    this.#gradNorm = update.view("grad_norm");

    batch.write("weights", flatten(weights));
    if (moments !== undefined) {
      update.write("m", flatten(moments.m));
      update.write("v", flatten(moments.v));
    }
    const evaluating = named("evaluate");
    const last = programs.at(-1);
    this.evaluator =
      evaluating && last && new CompiledEvaluator(config, last.program, evaluating, () => this.#checkWhole());
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
    this.#batch.view("gradient").fill(0);
    let [loss, first] = [0, 0];
    for (const part of parts) {
      if (first > 0) yield;
      if (this.#disposed) throw trainerDisposed();
      if (this.#begun !== begun) throw twoSteps();
      loss += this.#lossOf(part, step, rows, first);
      checkFinite("loss", loss, step);
      first += countRows(part, this.#config.blockSize);
    }
    this.#update.run(1);
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
    this.#batch.run(rows);
    return this.#loss[0] ?? Number.NaN;
  }

  state(): Required<GPTState> {
    this.#checkWhole();
    const numbers = (name: string) =>
      unflatten(this.#update.view(name).subarray(0, countParams(this.#config)), this.#config);
    return { config: this.#config, weights: numbers("weights"), moments: { m: numbers("m"), v: numbers("v") } };
  }

  wake(): Promise<void> {
    return this.#batch.wake();
  }

  rest(): Promise<void> {
    return this.#batch.rest();
  }

  dispose(): void {
    this.#disposed = true;
    this.evaluator?.dispose();
    this.#batch.dispose();
  }

  #checkWhole(): void {
    if (this.#update.torn) throw halfUpdated();
  }
}

function twoSteps(): MicrogptError {
  const [expected, got] = ["one step after the other", "a step that began while this one was under way"];
  return new MicrogptError({ operation: "train", expected, got, fix: "wait for each step before the next" });
}

function halfUpdated(): MicrogptError {
  const got = "weights that were being updated when a thread failed";
  return new MicrogptError({
    operation: "train",
    expected: "whole weights",
    got,
    fix: "go on from the last saved file",
  });
}
