/** The loss of a batch by the compiled engine: the forward half of a step. */

import type { VisibleBackend, VisibleDevice } from "../backend/backend.ts";
import { compile, type Program } from "../compile/compile.ts";
import type { GPTConfig } from "../model/config.ts";
import { type MicrogptError, mistake } from "../util/errors.ts";
import { BatchRows } from "./batch-rows.ts";
import type { BatchLoss, Evaluator, Weights } from "./engine.ts";
import { flatten } from "./flat.ts";
import { evaluation } from "./step-graph.ts";

/** A program of `evaluation` on a device, as an evaluator. */
export class CompiledEvaluator implements Evaluator {
  /** The most tokens at once. */
  readonly maxRows: number;
  readonly #device: VisibleDevice;
  readonly #program: Program;
  readonly #rows: BatchRows;
  readonly #loss: Float32Array;
  readonly #prepare: () => void;
  #disposed = false;

  /** Before each evaluation `prepare` sees to the weights, or throws where there are none to be had. */
  constructor(config: GPTConfig, program: Program, device: VisibleDevice, prepare: () => void) {
    this.maxRows = program.maxRows;
    this.#device = device;
    this.#program = program;
    this.#rows = new BatchRows(config, program, device);
    this.#loss = device.view(program, "loss");
    this.#prepare = prepare;
  }

  loss(documents: readonly (readonly number[])[]): BatchLoss {
    if (this.#disposed) throw disposed();
    this.#prepare();
    const rows = this.#rows.place(documents);
    this.#device.run(this.#program, rows);
    return { loss: this.#loss[0] ?? Number.NaN, rows };
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
    this.#disposed = true;
    this.#device.dispose();
  }
}

function disposed(): MicrogptError {
  const [expected, got] = ["the evaluator of a model in use", "one whose model was disposed"];
  return mistake("disposed", "loss", expected, got, "ask the model for another");
}

/**
 * A program and a memory for evaluation alone. `weights` gives those to take before an evaluation, or undefined where
 * they are the last ones still. Errors: too little memory, threads that do not start.
 */
export async function openEvaluator(
  backend: VisibleBackend,
  threads: number,
  config: GPTConfig,
  maxRows: number,
  weights: () => Weights | undefined,
): Promise<CompiledEvaluator> {
  const program = compile(evaluation(config), maxRows);
  const device = await backend.open([program], { threads });
  return new CompiledEvaluator(config, program, device, () => {
    const changed = weights();
    if (changed !== undefined) device.write(program, "weights", flatten(changed));
  });
}
