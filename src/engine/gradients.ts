/** The gradient of a loss without a step by it, for either engine. */

import type { Machine } from "../backend/backend.ts";
import { wasm } from "../backend/wasm/machine.ts";
import { compile, type Program } from "../compile/compile.ts";
import { countParams, type GPTConfig, mapParams, namedParams } from "../model/config.ts";
import { countRows, pack } from "../model/pack.ts";
import type { ScalarGPT } from "../scalar/scalar-gpt.ts";
import { BatchRows } from "./batch-rows.ts";
import type { EngineOptions, Gradients, Weights } from "./engine.ts";
import { flatten, unflatten } from "./flat.ts";
import { gradientStep } from "./step-graph.ts";

/** A program of `gradientStep` in a machine of its own. */
export class CompiledGradients {
  /** The most tokens at once. */
  readonly maxRows: number;
  readonly #config: GPTConfig;
  readonly #machine: Machine;
  readonly #rows: BatchRows;

  constructor(config: GPTConfig, program: Program, machine: Machine) {
    this.maxRows = program.maxRows;
    this.#config = config;
    this.#machine = machine;
    this.#rows = new BatchRows(config, program, machine);
  }

  of(weights: Weights, documents: readonly (readonly number[])[]): Gradients {
    const rows = this.#rows.place(documents);
    this.#machine.write("weights", flatten(weights));
    this.#machine.run(rows);
    const [loss = Number.NaN] = this.#machine.view("loss");
    const gradient = this.#machine.view("gradient").subarray(0, countParams(this.#config));
    return { loss, gradients: unflatten(gradient, this.#config) };
  }

  wake(): Promise<void> {
    return this.#machine.wake();
  }

  /** Ends its threads until `wake`: it goes on without. */
  rest(): Promise<void> {
    return this.#machine.rest();
  }

  /** Gives back threads and memory. */
  dispose(): void {
    this.#machine.dispose();
  }
}

/** Errors: too little memory, threads that do not start. */
export async function wasmGradients(
  config: GPTConfig,
  maxRows: number,
  engine: EngineOptions,
): Promise<CompiledGradients> {
  const program = compile(gradientStep(config), maxRows);
  const [machine] = (await wasm(engine).start([program], engine.threads ?? 1)) as [Machine];
  return new CompiledGradients(config, program, machine);
}

/** Document by document, so that the graph is never larger than that of one. */
export function scalarGradients(model: ScalarGPT, documents: readonly (readonly number[])[]): Gradients {
  const { blockSize } = model.config;
  const rows = countRows(documents, blockSize);
  try {
    let loss = 0;
    for (const document of documents) {
      const share = model
        .losses(pack([document], blockSize))
        .sum(0)
        .div(rows)
        .item();
      share.backward(); // adds to what the documents before have left
      loss += share.data;
    }
    return { loss, gradients: mapParams(model.params, (tensor) => tensor.grad()) };
  } finally {
    for (const [, { values }] of namedParams(model.params)) for (const value of values) value.grad = 0;
  }
}
