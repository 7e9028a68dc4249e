/**
 * The vectors of a compiled program's parameters: one for all that are updated alike, so that an update is one loop.
 * Slots and gradient have the same layout in vectors of their own.
 */

import type { GraphNode } from "../graph/graph-node.ts";
import type { GPTConfig } from "../model/config.ts";
import { narrowParams, type WeightFormat } from "../model/narrow.ts";
import { mapParams, namedParams, paramShapes, paramTable, type StateDict } from "../model/params.ts";
import { type NamedSlots, namedSlots, type Treatment } from "../optim/optimizer.ts";
import { type OptimizerSettings, treatmentOf } from "../optim/optimizers.ts";
import { internalError } from "../util/errors.ts";
import { type Shape, sizeOf } from "../util/shape.ts";
import type { GPTState, Numbers, Weights } from "./engine.ts";

/** The position of a parameter in its vector. */
export interface Part {
  readonly name: string;
  readonly shape: Shape;
  readonly start: number;
  readonly end: number;
}

/** Parameters in one vector. */
export interface Vector {
  /** Suffix of its inputs' names: `weights` and `m` for the first vector, `weights2` and `m2` for the second. */
  readonly suffix: string;
  readonly parts: readonly Part[];
  readonly size: number;
}

/** A vector of parameters that are updated alike. */
export interface Group extends Vector {
  readonly treatment: Treatment;
}

/** All parameters in one vector, for programs without updates. */
export function oneVector(config: GPTConfig): Vector {
  return vectorOf(namedParams(paramShapes(config)), "");
}

/** The parameters grouped by their update in a run's settings, in the order of the first of each. */
export function groupsOf(config: GPTConfig, settings: OptimizerSettings): Group[] {
  const groups = new Map<string, { treatment: Treatment; params: [name: string, shape: Shape][] }>();
  for (const param of paramTable(config)) {
    const { name, shape } = param;
    const treatment = treatmentOf(settings, param);
    const key = `${treatment.optimizer.name} ${treatment.weightDecay}`;
    const group = groups.get(key) ?? { treatment, params: [] };
    group.params.push([name, shape]);
    groups.set(key, group);
  }
  return [...groups.values()].map(({ treatment, params }, i) => ({
    ...vectorOf(params, i === 0 ? "" : `${i + 1}`),
    treatment,
  }));
}

/** The parameters of a program without updates: in one vector, or with the matrices in a vector of their own, in a narrow format. */
export function inferenceVectors(config: GPTConfig, format: WeightFormat): Vector[] {
  const narrow = new Set(format === "f32" ? [] : narrowParams(config).map(({ name }) => name));
  if (narrow.size === 0) return [oneVector(config)];
  const all = namedParams(paramShapes(config));
  const [matrices, others] = [all.filter(([name]) => narrow.has(name)), all.filter(([name]) => !narrow.has(name))];
  return [vectorOf(others, ""), vectorOf(matrices, NARROW)];
}

/** Suffix of the vector of matrices in a narrow format, and the name of the scales of their rows. */
export const NARROW = "_narrow";
export const SCALES = "scales";

/** Number of rows of a vector's matrices before one of its parts. */
export function rowsBefore({ parts }: Vector, part: Part): number {
  return parts.slice(0, parts.indexOf(part)).reduce((rows, { shape: [count = 1] }) => rows + count, 0);
}

function vectorOf(params: readonly (readonly [name: string, shape: Shape])[], suffix: string): Vector {
  let size = 0;
  const parts = params.map(([name, shape]) => {
    const start = size;
    size += sizeOf(shape);
    return { name, shape, start, end: size };
  });
  return { suffix, parts, size };
}

/** The part of a vector (P) that holds a parameter, in the parameter's shape. */
export function partOf(vector: GraphNode, { shape, start, end }: Part): GraphNode {
  return vector.slice(0, start, end).reshape(...shape);
}

/** A value for each parameter, found in its vector. */
export function fromVectors<T>(
  config: GPTConfig,
  vectors: readonly Vector[],
  find: (vector: Vector, part: Part) => T,
): StateDict<T> {
  const found = new Map(
    vectors.flatMap((vector) => vector.parts.map((part) => [part.name, find(vector, part)] as const)),
  );
  return mapParams(paramShapes(config), (_, name) => {
    const value = found.get(name);
    if (value === undefined) throw internalError(`no vector has ${name}`);
    return value;
  });
}

/** An input that is kept from step to step: the weights of a group, or a slot of them. */
interface Kept {
  readonly name: string;
  readonly size: number;
  /** Writes its numbers; a missing slot is 0. */
  readonly fill: (input: Float32Array) => void;
}

/** All inputs of the groups that are kept from step to step. */
export function keptInputs(groups: readonly Group[], weights: Weights, slots: NamedSlots<Numbers> = {}): Kept[] {
  const numbers = new Map(namedParams(weights));
  return groups.flatMap(({ parts, size, suffix, treatment }) => {
    const kept = (name: string, numbersOf: (param: string) => Numbers | undefined): Kept => ({
      name: name + suffix,
      size,
      fill: (input) => {
        for (const { name: param, start, end } of parts) {
          const own = numbersOf(param);
          if (own === undefined) input.fill(0, start, end);
          else input.set(own, start);
        }
      },
    });
    const own = treatment.optimizer.slots.map((slot) => kept(slot, (param) => slots[slot]?.[param]));
    return [kept("weights", (param) => numbers.get(param)), ...own];
  });
}

/** A copy of the state in the inputs of the groups. */
export function stateOf(
  config: GPTConfig,
  groups: readonly Group[],
  read: (input: string) => Float32Array,
): Required<GPTState> {
  const copied = (name: string, { start, end }: Part): Float32Array => read(name).slice(start, end);
  const slots = groups.flatMap(({ parts, suffix, treatment }) =>
    parts.map((part) => {
      const own = treatment.optimizer.slots.map((slot) => [slot, copied(slot + suffix, part)] as const);
      return [part.name, Object.fromEntries(own)] as const;
    }),
  );
  return {
    config,
    weights: fromVectors(config, groups, ({ suffix }, part) => copied(`weights${suffix}`, part)),
    slots: namedSlots(slots),
  };
}
