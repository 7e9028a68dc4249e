/** The update for the gradient of one step: the library's own optimizer, on a copy of the weights. */

import {
  type Checkpoint,
  decodeCheckpoint,
  learningRateAt,
  MicrogptError,
  mapParams,
  namedParams,
  type OptimizerState,
  paramShapes,
  pow,
  ScalarOptimizer,
  ScalarTensor,
  type StateDict,
  type TrainingSettings,
} from "microgpt";
import type { Step } from "./build.ts";

export interface Update {
  readonly name: string;
  readonly before: number;
  readonly gradient: number;
  readonly after: number;
  readonly learningRate: number;
  /** Norm of the whole gradient, and the factor of clipping. */
  readonly gradNorm: number;
  readonly scale: number;
  /** The optimizer's slots after this gradient; Adam's running means m and v with bias correction. */
  readonly slots: Readonly<Record<string, number>>;
  /** Number of steps in the optimizer's state; 0 if it is not saved, so that it starts from zero. */
  readonly remembered: number;
}

/**
 * The update of one weight by the gradient of the step's document alone. `file` is the whole run at this moment, if
 * there is one, for the optimizer's state. `at` is the step (0, 1, ...) that determines the learning rate. Errors: a box that is
 * not a weight.
 */
export function updateOf(
  step: Step,
  where: { readonly box: number; readonly entry: number },
  training: TrainingSettings,
  at: number,
  file?: Uint8Array,
): Update {
  const name = step.examined.fold.boxes[where.box]?.name ?? "";
  if (!step.params.has(name)) {
    throw new MicrogptError({
      code: "choice",
      operation: "update",
      expected: "a weight",
      got: name,
      fix: "choose an entry of a weight",
    });
  }
  const params = withGradients(step);
  const weight = found(params, name).values[where.entry];
  if (weight === undefined) throw new Error(`internal: no entry ${where.entry} of ${name}`);
  const { data: before, grad: gradient } = weight;
  const gradNorm = Math.sqrt(
    namedParams(params).reduce((sum, [, { values }]) => values.reduce((all, { grad }) => all + grad * grad, sum), 0),
  );
  const { beta1, beta2, gradClip } = training;
  const optimizer = new ScalarOptimizer(
    { config: step.checkpoint.model.config, params },
    training,
    memoryOf(step, file),
  );
  const remembered = optimizer.steps;
  const learningRate = learningRateAt(Math.min(at, training.numSteps - 1), training);
  optimizer.step(learningRate, gradNorm);
  const { slots, steps } = optimizer.state;
  const corrected: Readonly<Record<string, number>> = { m: 1 - pow(beta1, steps), v: 1 - pow(beta2, steps) };
  const own = Object.entries(slots).flatMap(([slot, parameters]) => {
    const x = parameters[name]?.[where.entry];
    return x === undefined ? [] : [[slot, x / (corrected[slot] ?? 1)] as const];
  });
  return {
    name: `${name}, ${where.entry}`,
    before,
    gradient,
    after: weight.data,
    learningRate,
    gradNorm,
    scale: gradClip === 0 ? 1 : Math.min(1, gradClip / (gradNorm + 1e-6)),
    slots: Object.fromEntries(own),
    remembered,
  };
}

/** The weights with the gradients of the step's graph; 0 for weights that the document does not use. */
function withGradients({ checkpoint: { model }, examined: { graph, fold } }: Step): StateDict<ScalarTensor> {
  const weights = new Map(namedParams(model.state().weights));
  return mapParams(paramShapes(model.config), (shape, name) => {
    const tensor = ScalarTensor.from(shape, weights.get(name) ?? []);
    fold.boxes
      .find((box) => box.name === name)
      ?.members.forEach((node, i) => {
        const value = tensor.values[i];
        if (value !== undefined && node >= 0) value.grad = graph.grad[node] ?? 0;
      });
    return tensor;
  });
}

/** The optimizer's state, if the file has exactly these weights. */
function memoryOf({ checkpoint }: Step, file: Uint8Array | undefined): OptimizerState | undefined {
  if (file === undefined) return undefined;
  const { model, progress }: Checkpoint = decodeCheckpoint("the run", file);
  const { weights, slots } = model.state();
  if (progress === undefined || slots === undefined) return undefined;
  const held = namedParams(checkpoint.model.state().weights);
  const same = namedParams(weights).every(([, data], i) => data.every((x, entry) => x === held[i]?.[1][entry]));
  if (!same) return undefined;
  return { slots, steps: progress.losses.length };
}

function found<T>(params: StateDict<T>, name: string): T {
  const tensor = new Map(namedParams(params)).get(name);
  if (tensor === undefined) throw new Error(`internal: no weight ${name}`);
  return tensor;
}
