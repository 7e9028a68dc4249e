/** The gradient of a loss on the compiled engine, without a training step. */

import type { Backend, Device, OpenOptions } from "../backend/backend.ts";
import { compile, type Program } from "../compile/compile.ts";
import type { GPTConfig } from "../model/config.ts";
import { countParams } from "../model/params.ts";
import { BatchRows } from "./batch-rows.ts";
import type { Gradients, Weights } from "./engine.ts";
import { flatten, unflatten } from "./flat.ts";
import { OnDevice } from "./on-device.ts";
import { gradientStep } from "./step-graph.ts";

/** A program of `gradientStep` on a device of its own. */
export class CompiledGradients extends OnDevice {
  /** Largest number of tokens at once. */
  readonly maxRows: number;
  readonly #config: GPTConfig;
  readonly #program: Program;
  readonly #rows: BatchRows;

  constructor(config: GPTConfig, program: Program, device: Device) {
    super(device);
    this.maxRows = program.maxRows;
    this.#config = config;
    this.#program = program;
    this.#rows = new BatchRows(config, program, device);
  }

  async of(weights: Weights, documents: readonly (readonly number[])[]): Promise<Gradients> {
    const rows = this.#rows.place(documents);
    this.device.write(this.#program, "weights", flatten(weights));
    this.#rows.send(rows);
    this.device.run(this.#program, rows);
    const read = (name: string): Promise<Float32Array> => this.device.read(this.#program, name);
    const [[loss = Number.NaN], gradient] = await Promise.all([read("loss"), read("gradient")]);
    return { loss, gradients: unflatten(gradient.subarray(0, countParams(this.#config)), this.#config) };
  }
}

/** Errors: too little memory, threads that do not start. */
export async function openGradients(
  backend: Backend,
  threads: OpenOptions,
  config: GPTConfig,
  maxRows: number,
): Promise<CompiledGradients> {
  const program = compile(gradientStep(config), maxRows, backend.target);
  const device = await backend.open([program], threads);
  return new CompiledGradients(config, program, device);
}
