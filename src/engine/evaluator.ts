/** BatchLoss: the forward half of a step, for either engine. */

import type { Machine } from "../backend/backend.ts";
import { wasm } from "../backend/wasm/machine.ts";
import { compile, type Program } from "../compile/compile.ts";
import type { GPTConfig } from "../model/config.ts";
import { countRows } from "../model/pack.ts";
import type { ScalarGPT } from "../scalar/scalar-gpt.ts";
import { MicrogptError } from "../util/errors.ts";
import { BatchRows, checkRows } from "./batch-rows.ts";
import type { BatchLoss, EngineOptions, Evaluator, Weights } from "./engine.ts";
import { flatten } from "./flat.ts";
import { evaluation } from "./step-graph.ts";

/** A program of `evaluation` in a machine, as an evaluator. */
export class CompiledEvaluator implements Evaluator {
  /** The most tokens at once. */
  readonly maxRows: number;
  readonly #machine: Machine;
  readonly #rows: BatchRows;
  readonly #loss: Float32Array;
  readonly #prepare: () => void;
  #disposed = false;

  /** Before each evaluation `prepare` sees to the weights, or throws where there are none to be had. */
  constructor(config: GPTConfig, program: Program, machine: Machine, prepare: () => void) {
    this.maxRows = program.maxRows;
    this.#machine = machine;
    this.#rows = new BatchRows(config, program, machine);
    this.#loss = machine.view("loss");
    this.#prepare = prepare;
  }

  loss(documents: readonly (readonly number[])[]): BatchLoss {
    if (this.#disposed) throw disposed();
    this.#prepare();
    const rows = this.#rows.place(documents);
    this.#machine.run(rows);
    return { loss: this.#loss[0] ?? Number.NaN, rows };
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
    this.#disposed = true;
    this.#machine.dispose();
  }
}

function disposed(): MicrogptError {
  const [expected, got] = ["the evaluator of a model in use", "one whose model was disposed"];
  return new MicrogptError({ operation: "loss", expected, got, fix: "ask the model for another" });
}

/**
 * A program and a memory for evaluation alone. `weights` gives those to take before an evaluation, or undefined where
 * they are the last ones still. Errors: too little memory, threads that do not start.
 */
export async function wasmEvaluator(
  config: GPTConfig,
  maxRows: number,
  engine: EngineOptions,
  weights: () => Weights | undefined,
): Promise<CompiledEvaluator> {
  const program = compile(evaluation(config), maxRows);
  const [machine] = (await wasm(engine).start([program], engine.threads ?? 1)) as [Machine];
  return new CompiledEvaluator(config, program, machine, () => {
    const changed = weights();
    if (changed !== undefined) machine.write("weights", flatten(changed));
  });
}

/** Document by document, so that the graph is never larger than that of one. */
export function scalarEvaluator(model: ScalarGPT, maxRows: number): Evaluator {
  const { blockSize } = model.config;
  return {
    loss: (documents) => {
      const rows = checkRows(countRows(documents, blockSize), maxRows);
      const total = documents.reduce(
        (sum, document) => sum + model.loss(document).data * countRows([document], blockSize),
        0,
      );
      return { loss: total / rows, rows };
    },
  };
}
