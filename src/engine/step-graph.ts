/**
 * A whole training step as one graph: the loss of a batch, its gradient, the gradient's norm, clipping, and AdamW; or in
 * two, where several batches make one step. Weights and moments are one flat vector each, so that the update is one loop.
 */

import type { Roots } from "../compile/lower.ts";
import { grad } from "../graph/grad.ts";
import { GraphNode } from "../graph/graph-node.ts";
import { countParams, type GPTConfig, mapParams, namedParams, paramShapes, type StateDict } from "../model/config.ts";
import { dropping } from "../model/dropout.ts";
import { gpt } from "../model/gpt.ts";
import { crossEntropy } from "../tensor/nn.ts";
import { type Dim, ROWS } from "../util/dim.ts";
import { log } from "../util/math.ts";
import { sizeOf } from "../util/shape.ts";

export interface OptimizerSettings {
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  /** Decoupled: each weight loses this share of the learning rate. 0 for none. */
  readonly weightDecay: number;
  /** The gradient's norm is held to this. 0 for no limit. */
  readonly gradClip: number;
  /** The share of entries that `dropout` leaves out. Default 0. */
  readonly dropout?: number;
}

/** The parameters as parts of one flat vector, in the documented order. */
export function flatParams(weights: GraphNode, config: GPTConfig): StateDict<GraphNode> {
  let offset = 0;
  return mapParams(paramShapes(config), (shape) => {
    const size = sizeOf(shape);
    offset += size;
    return weights.slice(0, offset - size, offset).reshape(...shape);
  });
}

/**
 * Inputs of a run are `tokens`, `targets`, `positions`, `starts`, `ends`, `row_weights` (R each, as `pack` makes them),
 * `learning_rate` and `step` (1 at first; one number each), and the vectors `weights`, `m` and `v` (P), which are
 * updated; with dropout also `keys` (R) for its masks. Outputs: `loss` and `grad_norm`, of the weights before the update
 * and before clipping; if one of them is not finite, nothing is updated.
 */
export function trainingStep(config: GPTConfig, settings: OptimizerSettings, rows: Dim = ROWS): Roots {
  const { weights, loss, params } = lossOf(config, rows, settings.dropout);
  const { norm, updates } = updated(weights, gradientOf(loss, params), settings);
  return { outputs: { loss, grad_norm: norm }, updates, guards: ["loss", "grad_norm"] };
}

/**
 * The first half of a step: adds the gradient of some of its documents to the vector `gradient` (P). Inputs and `loss`
 * are those of `trainingStep`; a loss that is not finite adds nothing.
 */
export function accumulatingStep(
  config: GPTConfig,
  { dropout }: Pick<OptimizerSettings, "dropout">,
  rows: Dim = ROWS,
): Roots {
  const { weights, loss, params } = lossOf(config, rows, dropout);
  const gradient = GraphNode.input("gradient", weights.shape).add(gradientOf(loss, params));
  return { outputs: { loss }, updates: { gradient }, guards: ["loss"] };
}

/** The second half: the update by `gradient`, with the other inputs of `trainingStep` that are no lists. */
export function updatingStep(config: GPTConfig, settings: OptimizerSettings): Roots {
  const P = countParams(config);
  const { norm, updates } = updated(GraphNode.input("weights", [P]), GraphNode.input("gradient", [P]), settings);
  return { outputs: { grad_norm: norm }, updates, guards: ["grad_norm"] };
}

/** `loss` alone, of the inputs of `trainingStep` that it depends on. */
export function evaluation(config: GPTConfig, rows: Dim = ROWS): Roots {
  return { outputs: { loss: lossOf(config, rows).loss }, updates: {} };
}

/** `loss` and its `gradient` by the weights (P), of the inputs of `evaluation`. */
export function gradientStep(config: GPTConfig, rows: Dim = ROWS): Roots {
  const { loss, params } = lossOf(config, rows);
  return { outputs: { loss, gradient: gradientOf(loss, params) }, updates: {} };
}

/** The mean loss of a batch of R rows, with the weights and their parts that it is made of. */
function lossOf(
  config: GPTConfig,
  rows: Dim,
  dropout = 0,
): { weights: GraphNode; params: StateDict<GraphNode>; loss: GraphNode } {
  const list = (name: string): GraphNode => GraphNode.input(name, [rows]);
  const weights = GraphNode.input("weights", [countParams(config)]);
  const params = flatParams(weights, config);
  const seen = { positions: list("positions"), starts: list("starts"), ends: list("ends") };
  const context = dropout === 0 ? seen : { ...seen, drop: dropping(list("keys"), dropout) };
  const losses = crossEntropy(gpt(params, list("tokens"), context, config), list("targets")); // (R)
  return { weights, params, loss: losses.mul(list("row_weights")).sum(0).reshape() };
}

/** The gradient as one vector (P). */
function gradientOf(loss: GraphNode, params: StateDict<GraphNode>): GraphNode {
  const nodes = namedParams(params).map(([, node]) => node);
  const [first, ...others] = grad(loss, nodes).map((gradient) => gradient.reshape(-1));
  return (first as GraphNode).concat(0, ...others);
}

/** What one update by a gradient (P) makes of weights and moments, and the gradient's length. */
function updated(
  weights: GraphNode,
  gradient: GraphNode,
  settings: OptimizerSettings,
): { norm: GraphNode; updates: Roots["updates"] } {
  const norm = gradient.mul(gradient).sum(0).pow(0.5); // (1)
  return { norm: norm.reshape(), updates: adamW(weights, clipped(gradient, norm, settings), settings) };
}

/** The gradient with its norm held to gradClip. (Pascanu, Mikolov and Bengio 2013, arXiv:1211.5063) */
function clipped(gradient: GraphNode, norm: GraphNode, { gradClip }: OptimizerSettings): GraphNode {
  if (gradClip === 0) return gradient;
  const ratio = norm.add(1e-6).pow(-1).mul(gradClip);
  return gradient.mul(ratio.sub(1).neg().relu().neg().add(1)); // by min(1, ratio)
}

/** (Loshchilov and Hutter 2019, arXiv:1711.05101) */
function adamW(
  weights: GraphNode,
  g: GraphNode,
  { beta1, beta2, eps, weightDecay }: OptimizerSettings,
): Roots["updates"] {
  const [learningRate, step] = [GraphNode.input("learning_rate", []), GraphNode.input("step", [])];
  const correction = (beta: number): GraphNode => step.mul(log(beta)).exp().neg().add(1); // 1 - beta^step
  const m = normal(
    GraphNode.input("m", weights.shape)
      .mul(beta1)
      .add(g.mul(1 - beta1)),
  );
  const v = normal(
    GraphNode.input("v", weights.shape)
      .mul(beta2)
      .add(g.mul(g).mul(1 - beta2)),
  );
  const mean = m.mul(learningRate.div(correction(beta1)));
  const root = v.mul(correction(beta2).pow(-1)).pow(0.5).add(eps);
  const decayed = weightDecay === 0 ? weights : weights.mul(learningRate.mul(-weightDecay).add(1));
  return { weights: decayed.sub(mean.div(root)), m, v };
}

/** Far below what Adam's eps lets matter: what is lost beside it is less than 2^-93. */
const TINY = 2 ** -70;

/**
 * The same number, none of whose bits is below 2^-93. The means of a weight that gets no more gradient shrink at every
 * step and would end as subnormal floats, the smallest of which no factor above 1/2 makes smaller: processors are slow
 * with those, and a run of many steps came to have them (10.5 µs a step instead of 9.2).
 */
function normal(x: GraphNode): GraphNode {
  return x.add(TINY).add(-TINY);
}
