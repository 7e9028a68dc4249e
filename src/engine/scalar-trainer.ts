import { mapParams } from "../model/params.ts";
import type { ScalarGPT } from "../scalar/scalar-gpt.ts";
import { ScalarOptimizer } from "../scalar/scalar-optimizer.ts";
import { ScalarStep, trainStep } from "../scalar/train-step.ts";
import { type GPTState, type Trainer, type TrainerOptions, trainerDisposed } from "./engine.ts";
import { checkSlots } from "./state.ts";
import { checkTrainerOptions } from "./step-programs.ts";

/**
 * Trains scalar by scalar, in float64: the readable engine. `model` is changed in place. Errors: options out of range.
 */
export function scalarTrainer(model: ScalarGPT, { slots = {} }: GPTState, options: TrainerOptions): Trainer {
  checkSlots(model.config, options, slots);
  const optimizer = new ScalarOptimizer(model, options, { slots, steps: options.steps });
  const stepOptions = { ...checkTrainerOptions(options), ranks: options.ranks };
  let disposed = false;
  const check = (): void => {
    if (disposed) throw trainerDisposed();
  };
  return {
    threads: 1,
    get steps() {
      return optimizer.steps;
    },
    get disposed() {
      return disposed;
    },
    step: (documents, learningRate) => {
      check();
      return trainStep(model, optimizer, documents, learningRate, stepOptions);
    },
    begin: (rows, learningRate, before) => {
      check();
      return new ScalarStep(model, optimizer, rows, learningRate, stepOptions, before);
    },
    fetch: async () => {},
    state: () => {
      const { slots } = optimizer.state;
      const weights = mapParams(model.params, (tensor) => tensor.data());
      return { config: model.config, weights, slots };
    },
    wake: async () => {},
    rest: async () => {},
    dispose: () => {
      disposed = true;
    },
  };
}
