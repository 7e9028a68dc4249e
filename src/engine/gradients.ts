/** The gradient of a loss without a step by it, for either engine. */

import type { VisibleDevice } from "../backend/backend.ts";
import { wasm } from "../backend/wasm/wasm.ts";
import { compile, type Program } from "../compile/compile.ts";
import { countParams, type GPTConfig, mapParams, namedParams } from "../model/config.ts";
import { countRows, pack } from "../model/pack.ts";
import type { ScalarGPT } from "../scalar/scalar-gpt.ts";
import { BatchRows } from "./batch-rows.ts";
import type { EngineOptions, Gradients, Weights } from "./engine.ts";
import { flatten, unflatten } from "./flat.ts";
import { gradientStep } from "./step-graph.ts";

/** A program of `gradientStep` on a device of its own. */
export class CompiledGradients {
  /** The most tokens at once. */
  readonly maxRows: number;
  readonly #config: GPTConfig;
  readonly #device: VisibleDevice;
  readonly #program: Program;
  readonly #rows: BatchRows;

  constructor(config: GPTConfig, program: Program, device: VisibleDevice) {
    this.maxRows = program.maxRows;
    this.#config = config;
    this.#device = device;
    this.#program = program;
    this.#rows = new BatchRows(config, program, device);
  }

  of(weights: Weights, documents: readonly (readonly number[])[]): Gradients {
    const rows = this.#rows.place(documents);
    this.#device.write(this.#program, "weights", flatten(weights));
    this.#device.run(this.#program, rows);
    const [loss = Number.NaN] = this.#device.view(this.#program, "loss");
    const gradient = this.#device.view(this.#program, "gradient").subarray(0, countParams(this.#config));
    return { loss, gradients: unflatten(gradient, this.#config) };
  }

  wake(): Promise<void> {
    return this.#device.wake();
  }

  /** Ends its threads until `wake`: it goes on without. */
  rest(): Promise<void> {
    return this.#device.rest();
  }

  /** Gives back threads and memory. */
  dispose(): void {
    this.#device.dispose();
  }
}

/** Errors: too little memory, threads that do not start. */
export async function wasmGradients(
  config: GPTConfig,
  maxRows: number,
  engine: EngineOptions,
): Promise<CompiledGradients> {
  const program = compile(gradientStep(config), maxRows);
  const device = await wasm(engine).open([program], engine);
  return new CompiledGradients(config, program, device);
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
