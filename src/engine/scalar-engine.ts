/** The readable engine: a `Value` for every number, in float64, on the calling thread. */

import type { GPTConfig } from "../model/config.ts";
import type { LanguageModel } from "../model/language-model.ts";
import { countRows, pack } from "../model/pack.ts";
import { mapParams, namedParams, paramShapes } from "../model/params.ts";
import { checkMemory } from "../scalar/memory.ts";
import { ScalarGPT } from "../scalar/scalar-gpt.ts";
import { ScalarTensor } from "../scalar/scalar-tensor.ts";
import { internalError } from "../util/errors.ts";
import { checkRows } from "./batch-rows.ts";
import type { Engine, Evaluator, GPTState, Gradients, Trainer, TrainerOptions } from "./engine.ts";
import { scalarTrainer } from "./scalar-trainer.ts";
import { inPrecision } from "./state.ts";

export class ScalarEngine implements Engine {
  readonly #config: GPTConfig;
  readonly #memoryLimit: number | undefined;
  /** The numbers as loaded, or as the last trainer left them. */
  #state: GPTState | undefined;
  /** Trained in place. */
  #model: ScalarGPT | undefined;
  #trainer: Trainer | undefined;

  /** `memoryLimit`: limit in bytes on weights and graph together. Default 4 GiB. */
  constructor(config: GPTConfig, memoryLimit: number | undefined) {
    this.#config = config;
    this.#memoryLimit = memoryLimit;
  }

  checkModel(): void {
    checkMemory(this.#config, 1, this.#memoryLimit);
  }

  load(state: GPTState): void {
    this.#trainer?.dispose();
    this.#trainer = undefined;
    this.#model = undefined;
    this.#state = inPrecision(Float64Array, state);
  }

  settle(): undefined {}

  state(): GPTState {
    return this.#trainer?.state() ?? this.#loaded();
  }

  checkStep(
    { maxRows }: Omit<TrainerOptions, "steps">,
    longest: number,
    memoryLimit: number | undefined = this.#memoryLimit,
  ): void {
    checkMemory(this.#config, longest, memoryLimit, maxRows / longest);
  }

  async trainer(options: TrainerOptions): Promise<Trainer> {
    if (this.#trainer?.disposed) this.dispose();
    this.#trainer ??= scalarTrainer(this.running(), this.#loaded(), options);
    return this.#trainer;
  }

  async evaluator(maxRows: number): Promise<Evaluator> {
    this.#checkRows(maxRows);
    return scalarEvaluator(this.running(), maxRows);
  }

  async gradients(documents: readonly (readonly number[])[]): Promise<Gradients> {
    this.#checkRows(countRows(documents, this.#config.blockSize));
    return scalarGradients(this.running(), documents);
  }

  running(): ScalarGPT & LanguageModel {
    if (this.#model === undefined) {
      const data = new Map(namedParams(this.#loaded().weights));
      const params = mapParams(paramShapes(this.#config), (shape, name) =>
        ScalarTensor.from(shape, data.get(name) ?? []),
      );
      this.#model = new ScalarGPT(this.#config, params);
    }
    return this.#model;
  }

  async rest(): Promise<void> {}

  dispose(): void {
    this.#state = this.state();
    this.#trainer?.dispose();
    this.#trainer = undefined;
  }

  /** Documents are computed one by one, none of them longer than blockSize. */
  #checkRows(rows: number): void {
    checkMemory(this.#config, Math.min(rows, this.#config.blockSize), this.#memoryLimit);
  }

  #loaded(): GPTState {
    if (this.#state === undefined) throw internalError("an engine without numbers");
    return this.#state;
  }
}

/** Document by document, so that the graph is never larger than that of one. */
function scalarEvaluator(model: ScalarGPT, maxRows: number): Evaluator {
  const { blockSize } = model.config;
  return {
    loss: async (documents) => {
      const rows = checkRows(countRows(documents, blockSize), maxRows);
      const total = documents.reduce(
        (sum, document) => sum + model.loss(document).data * countRows([document], blockSize),
        0,
      );
      return { loss: total / rows, rows };
    },
  };
}

function scalarGradients(model: ScalarGPT, documents: readonly (readonly number[])[]): Gradients {
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
      share.backward(); // adds to the gradients of the documents before
      loss += share.data;
    }
    return { loss, gradients: mapParams(model.params, (tensor) => tensor.grad()) };
  } finally {
    for (const [, { values }] of namedParams(model.params)) for (const value of values) value.grad = 0;
  }
}
