/** The loss of a batch by the compiled engine: the forward half of a step. */

import type { Backend, Device, OpenOptions } from "../backend/backend.ts";
import { compile, type Program } from "../compile/compile.ts";
import type { GPTConfig } from "../model/config.ts";
import { type MicrogptError, mistake } from "../util/errors.ts";
import { BatchRows } from "./batch-rows.ts";
import type { BatchLoss, Evaluator, Weights } from "./engine.ts";
import { flatten } from "./flat.ts";
import { OnDevice } from "./on-device.ts";
import { evaluation } from "./step-graph.ts";

/** A program of `evaluation` on a device, as an evaluator. */
export class CompiledEvaluator extends OnDevice implements Evaluator {
  /** Largest number of tokens at once. */
  readonly maxRows: number;
  readonly #program: Program;
  readonly #rows: BatchRows;
  readonly #prepare: () => Promise<void>;

  /** Before each evaluation `prepare` sees to the weights, or throws where there are none to be had. */
  constructor(config: GPTConfig, program: Program, device: Device, prepare: () => Promise<void>) {
    super(device);
    this.maxRows = program.maxRows;
    this.#program = program;
    this.#rows = new BatchRows(config, program, device);
    this.#prepare = prepare;
  }

  async loss(documents: readonly (readonly number[])[]): Promise<BatchLoss> {
    if (this.disposed) throw disposed();
    await this.#prepare();
    const rows = this.#rows.place(documents);
    this.#rows.send(rows);
    this.device.run(this.#program, rows);
    const [loss = Number.NaN] = await this.device.read(this.#program, "loss");
    return { loss, rows };
  }
}

function disposed(): MicrogptError {
  const [expected, got] = ["a live evaluator", "a disposed one"];
  return mistake("disposed", "loss", expected, got, "get a new one from the model");
}

/**
 * A program and memory for evaluation alone. `weights` returns those for the next evaluation, or undefined if they are
 * unchanged. Errors: too little memory, threads that do not start.
 */
export async function openEvaluator(
  backend: Backend,
  threads: OpenOptions,
  config: GPTConfig,
  maxRows: number,
  weights: () => Promise<Weights | undefined>,
): Promise<CompiledEvaluator> {
  const program = compile(evaluation(config), maxRows, backend.target);
  const device = await backend.open([program], threads);
  return new CompiledEvaluator(config, program, device, async () => {
    const changed = await weights();
    if (changed !== undefined) device.write(program, "weights", flatten(changed));
  });
}
