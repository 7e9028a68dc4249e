/**
 * A whole training step as one graph: the loss of a batch, its gradient, the gradient's norm, clipping, and the update;
 * or in two, where several batches make one step. Parameters that are updated alike are one vector (layout.ts).
 */

import type { Roots } from "../compile/lower.ts";
import { grad } from "../graph/grad.ts";
import { GraphNode } from "../graph/graph-node.ts";
import type { GPTConfig } from "../model/config.ts";
import { dropping } from "../model/dropout.ts";
import { losses } from "../model/losses.ts";
import { namedParams, type StateDict } from "../model/params.ts";
import { clipped } from "../optim/clip.ts";
import { type At, type Execution, mapSlots, updated } from "../optim/optimizer.ts";
import type { OptimizerSettings } from "../optim/optimizers.ts";
import { type Dim, ROWS } from "../util/dim.ts";
import { internalError } from "../util/errors.ts";
import { log } from "../util/math.ts";
import { fromVectors, type Group, groupsOf, oneVector, partOf, type Vector } from "./layout.ts";

export interface StepSettings extends OptimizerSettings {
  /** Maximum norm of the gradient. 0 for no limit. */
  readonly gradClip: number;
  /** The share of entries that `dropout` drops. Default 0. */
  readonly dropout?: number;
}

/** The parameters as parts of the inputs `weights`. */
export function weightInputs(
  config: GPTConfig,
  vectors: readonly Vector[] = [oneVector(config)],
): StateDict<GraphNode> {
  const inputs = new Map(vectors.map((vector) => [vector, input("weights", vector)]));
  return fromVectors(config, vectors, (vector, part) => partOf(inputs.get(vector) as GraphNode, part));
}

/**
 * Inputs of a run are `tokens`, `targets`, `positions`, `starts`, `ends`, `row_weights` (R each, as `pack` makes them),
 * `learning_rate` and `step` (1 at first; one number each), and for each group of parameters the vectors of `weights` and
 * of the optimizer's slots, which are updated; with dropout also `keys` (R) for its masks. Outputs: `loss` and
 * `grad_norm`, of the weights before the update and before clipping; if one of them is not finite, nothing is updated.
 */
export function trainingStep(config: GPTConfig, settings: StepSettings, rows: Dim = ROWS): Roots {
  const groups = groupsOf(config, settings);
  const { loss, gradients } = lossAndGradients(config, groups, rows, settings.dropout);
  const { norm, updates } = update(groups, gradients, settings);
  return { outputs: { loss, grad_norm: norm }, updates, guards: ["loss", "grad_norm"] };
}

/**
 * The first half of a step: adds the gradient of some of its documents to the vectors of `gradient`. Inputs and `loss`
 * are those of `trainingStep`; a loss that is not finite adds nothing.
 */
export function accumulatingStep(config: GPTConfig, settings: StepSettings, rows: Dim = ROWS): Roots {
  const groups = groupsOf(config, settings);
  const { loss, gradients } = lossAndGradients(config, groups, rows, settings.dropout);
  const updates = groups.map((group, i) => [`gradient${group.suffix}`, input("gradient", group).add(at(gradients, i))]);
  return { outputs: { loss }, updates: Object.fromEntries(updates), guards: ["loss"] };
}

/** The second half: the update by `gradient`, with the other inputs of `trainingStep` that are no lists. */
export function updatingStep(config: GPTConfig, settings: StepSettings): Roots {
  const groups = groupsOf(config, settings);
  const gradients = groups.map((group) => input("gradient", group));
  const { norm, updates } = update(groups, gradients, settings);
  return { outputs: { grad_norm: norm }, updates, guards: ["grad_norm"] };
}

/** `loss` alone, of the inputs of `trainingStep` that it depends on; `vectors` as in the program beside it. */
export function evaluation(config: GPTConfig, rows: Dim = ROWS, vectors?: readonly Vector[]): Roots {
  return { outputs: { loss: lossOf(config, weightInputs(config, vectors), rows) }, updates: {} };
}

/** `loss` and its `gradient` by the weights (P), of the inputs of `evaluation`. */
export function gradientStep(config: GPTConfig, rows: Dim = ROWS): Roots {
  const { loss, gradients } = lossAndGradients(config, [oneVector(config)], rows);
  return { outputs: { loss, gradient: at(gradients, 0) }, updates: {} };
}

function input(name: string, { suffix, size }: Vector): GraphNode {
  return GraphNode.input(name + suffix, [size]);
}

function at<T>(list: readonly T[], i: number): T {
  const item = list[i];
  if (item === undefined) throw internalError(`item ${i} of ${list.length}`);
  return item;
}

/** The mean loss of a batch of R rows. */
function lossOf(config: GPTConfig, params: StateDict<GraphNode>, rows: Dim, dropout = 0): GraphNode {
  const list = (name: string): GraphNode => GraphNode.input(name, [rows]);
  const seen = { positions: list("positions"), starts: list("starts"), ends: list("ends") };
  const context = dropout === 0 ? seen : { ...seen, drop: dropping(list("keys"), dropout) };
  const each = losses(params, list("tokens"), list("targets"), context, config); // (R)
  return each.mul(list("row_weights")).sum(0).reshape();
}

/** The loss, and its gradient by each of the vectors. */
function lossAndGradients(
  config: GPTConfig,
  vectors: readonly Vector[],
  rows: Dim,
  dropout?: number,
): { loss: GraphNode; gradients: GraphNode[] } {
  const params = weightInputs(config, vectors);
  const loss = lossOf(config, params, rows, dropout);
  const named = namedParams(params);
  const gradients = grad(
    loss,
    named.map(([, node]) => node),
  );
  const byName = new Map(named.map(([name], i) => [name, at(gradients, i).reshape(-1)]));
  return {
    loss,
    gradients: vectors.map(({ parts }) => joined(parts.map(({ name }) => byName.get(name) as GraphNode))),
  };
}

/** Vectors as one. */
function joined(vectors: readonly GraphNode[]): GraphNode {
  const [first, ...others] = vectors;
  if (first === undefined) throw internalError("a vector of nothing");
  return first.concat(0, ...others);
}

/** The weights and slots after one update by the gradients, and the gradient's norm. */
function update(
  groups: readonly Group[],
  gradients: readonly GraphNode[],
  { gradClip }: StepSettings,
): { norm: GraphNode; updates: Roots["updates"] } {
  const squares = gradients.map((gradient) => gradient.mul(gradient).sum(0));
  const norm = squares.reduce((sum, square) => sum.add(square)).pow(0.5); // (1)
  const updates: Record<string, GraphNode> = {};
  groups.forEach((group, i) => {
    const slots = group.treatment.optimizer.slots.map((slot) => [slot, input(slot, group)] as const);
    const before = {
      p: input("weights", group),
      g: clipped(at(gradients, i), norm, gradClip),
      slots: Object.fromEntries(slots),
    };
    const after = updated(group.treatment, before, thisStep(), inGraph(group));
    updates[`weights${group.suffix}`] = after.p;
    for (const [slot, node] of Object.entries(after.slots)) updates[slot + group.suffix] = node;
  });
  return { norm: norm.reshape(), updates };
}

function thisStep(): At<GraphNode> {
  const step = GraphNode.input("step", []);
  return {
    learningRate: GraphNode.input("learning_rate", []),
    power: (base) => step.mul(log(base)).exp(),
  };
}

/** A group is updated as one vector, unless its optimizer needs whole parameters. */
function inGraph({ parts }: Group): Execution<GraphNode> {
  return {
    slot: normal,
    move: (optimizer, slots, g, at) => {
      if (optimizer.elementwise) return optimizer.move(slots, g, at);
      const moved = parts.map((part) => {
        const own = mapSlots(slots, (slot) => partOf(slot, part));
        return optimizer.move(own, partOf(g, part), at).reshape(-1);
      });
      return joined(moved);
    },
  };
}

/** Far below what Adam's eps lets matter: less than 2^-93 is lost beside it. */
const TINY = 2 ** -70;

/**
 * The same number without bits below 2^-93. The means of a weight without gradient shrink at every step and would end
 * as subnormal floats, the smallest of which no factor above 1/2 makes smaller. Processors are slow with those, and a
 * run of many steps came to have them (10.5 µs a step instead of 9.2).
 */
function normal(x: GraphNode): GraphNode {
  return x.add(TINY).add(-TINY);
}
