import { mapParams } from "../model/config.ts";
import { Adam } from "../scalar/adam.ts";
import type { ScalarGPT } from "../scalar/scalar-gpt.ts";
import { ScalarStep, trainStep } from "../scalar/train-step.ts";
import { type GPTState, type Trainer, type TrainerOptions, trainerDisposed, type Weights } from "./engine.ts";
import { checkTrainerOptions } from "./step-programs.ts";

/** Trains scalar by scalar, in float64: the readable engine. `model` is changed in place. Errors: options out of range. */
export function scalarTrainer(model: ScalarGPT, { moments }: GPTState, options: TrainerOptions): Trainer {
  const inDoubles = (weights: Weights) => mapParams(weights, (data) => Float64Array.from(data));
  const state = moments && { m: inDoubles(moments.m), v: inDoubles(moments.v), steps: options.steps };
  const adam = new Adam(model.params, options, state);
  const stepOptions = checkTrainerOptions(options);
  let disposed = false;
  const check = (): void => {
    if (disposed) throw trainerDisposed();
  };
  return {
    threads: 1,
    get steps() {
      return adam.state.steps;
    },
    get disposed() {
      return disposed;
    },
    step: (documents, learningRate) => {
      check();
      return trainStep(model, adam, documents, learningRate, stepOptions);
    },
    begin: (rows, learningRate) => {
      check();
      return new ScalarStep(model, adam, rows, learningRate, stepOptions);
    },
    state: () => {
      const { m, v } = adam.state;
      const weights = mapParams(model.params, (tensor) => tensor.data());
      return { config: model.config, weights, moments: { m: inDoubles(m), v: inDoubles(v) } };
    },
    wake: async () => {},
    rest: async () => {},
    dispose: () => {
      disposed = true;
    },
  };
}
