/** Training on the compiled engine: one program runs the whole step, and weights and moments stay in its memory. */

import type { Machine } from "../backend/backend.ts";
import { wasm } from "../backend/wasm/machine.ts";
import { compile } from "../compile/compile.ts";
import { countParams, type GPTConfig } from "../model/config.ts";
import { packInto } from "../model/pack.ts";
import { checkFinite } from "../scalar/train-step.ts";
import { checkIds } from "../tensor/ops.ts";
import { MicrogptError } from "../util/errors.ts";
import type { EngineOptions, GPTState, Trainer, TrainerOptions } from "./engine.ts";
import { flatten, unflatten } from "./flat.ts";
import { trainingStep } from "./step-graph.ts";

/** Errors: a program larger than WebAssembly's memory, threads that do not start. */
export async function wasmTrainer(state: GPTState, options: TrainerOptions, engine: EngineOptions): Promise<Trainer> {
  const { config } = state;
  const program = compile(trainingStep(config, options), options.maxRows);
  const threads = engine.threads ?? 1;
  const [machine] = (await wasm(engine).start([program], threads)) as [Machine];
  machine.write("weights", flatten(state.weights));
  if (state.moments !== undefined) {
    machine.write("m", flatten(state.moments.m));
    machine.write("v", flatten(state.moments.v));
  }
  return new WasmTrainer(config, machine, options, threads);
}

/** A program of `trainingStep` in a machine, as a trainer. */
export class WasmTrainer implements Trainer {
  readonly threads: number;
  readonly #config: GPTConfig;
  readonly #machine: Machine;
  readonly #rows: Parameters<typeof packInto>[0];
  readonly #learningRate: Float32Array;
  readonly #step: Float32Array;
  readonly #loss: Float32Array;
  readonly #gradNorm: Float32Array;
  readonly #maxRows: number;
  #steps: number;

  constructor(config: GPTConfig, machine: Machine, { steps, maxRows }: TrainerOptions, threads: number) {
    this.#config = config;
    this.#machine = machine;
    this.#steps = steps;
    this.#maxRows = maxRows;
    this.threads = threads;
    const view = (name: string): Float32Array => machine.view(name);
    this.#rows = {
      tokens: view("tokens"),
      targets: view("targets"),
      positions: view("positions"),
      starts: view("starts"),
      ends: view("ends"),
      weights: view("row_weights"),
    };
    this.#learningRate = view("learning_rate");
    this.#step = view("step");
    this.#loss = view("loss");
    this.#gradNorm = view("grad_norm");
  }

  get steps(): number {
    return this.#steps;
  }

  step(documents: readonly (readonly number[])[], learningRate: number): { loss: number; gradNorm: number } {
    const { vocabSize, blockSize } = this.#config;
    // The kernels trust ids: one that is out of range would read some other memory.
    for (const document of documents) checkTokens(document, vocabSize);
    const rows = packInto(this.#rows, documents, blockSize);
    if (rows > this.#maxRows) throw tooMany(rows, this.#maxRows);
    this.#learningRate[0] = learningRate;
    this.#step[0] = this.#steps + 1;
    this.#machine.run(rows);
    const [loss = Number.NaN] = this.#loss;
    const [gradNorm = Number.NaN] = this.#gradNorm;
    checkFinite("loss", loss, this.#steps + 1);
    checkFinite("gradient", gradNorm, this.#steps + 1);
    this.#steps++;
    return { loss, gradNorm };
  }

  state(): Required<GPTState> {
    if (this.#machine.torn) throw halfUpdated();
    const numbers = (name: string) =>
      unflatten(this.#machine.view(name).subarray(0, countParams(this.#config)), this.#config);
    return { config: this.#config, weights: numbers("weights"), moments: { m: numbers("m"), v: numbers("v") } };
  }

  dispose(): void {
    this.#machine.dispose();
  }
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

function tooMany(rows: number, maxRows: number): MicrogptError {
  const expected = `at most ${maxRows} tokens in a step, the trainer's maxRows`;
  return new MicrogptError({
    operation: "train",
    expected,
    got: `${rows}`,
    fix: "pass fewer documents, or a larger maxRows",
  });
}

function checkTokens(document: readonly number[], vocabSize: number): void {
  for (const id of document) {
    if (!(Number.isInteger(id) && id >= 0 && id < vocabSize)) checkIds("embedding", document, vocabSize);
  }
}
