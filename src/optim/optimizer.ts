/**
 * An optimizer, written once over `Tensor`: its state for a parameter, and the update. The scalar engine runs it on
 * plain arrays; the compiled engine traces it into the graph of the training step. In the papers' letters, p is a
 * parameter, g its gradient and t the step.
 */

import type { Tensor } from "../tensor/tensor.ts";
import { internalError } from "../util/errors.ts";

/** An optimizer's state for a parameter, by name: tensors of the parameter's shape, 0 before the first step. */
export type Slots<T> = Readonly<Record<string, T>>;

/** The slots of several parameters: for each slot, by the names of the parameters that have it. */
export type NamedSlots<T> = Slots<Readonly<Record<string, T>>>;

/** The step that an update is part of. */
export interface At<T> {
  /** One number. */
  readonly learningRate: T;
  /** base^t as one number; t is 1 at the first step. */
  power(base: number): T;
}

export interface Optimizer {
  readonly name: string;
  readonly slots: readonly string[];
  /** Its learning rate in units of the run's. */
  readonly rate: number;
  /** True if `move` treats each entry separately, so that several parameters may be moved as one vector. */
  readonly elementwise: boolean;
  /** The slots after gradient g, entry by entry. */
  advance<T extends Tensor<T>>(slots: Slots<T>, g: T): Slots<T>;
  /** The decrease of p at this step, from the slots that `advance` returned. */
  move<T extends Tensor<T>>(slots: Slots<T>, g: T, at: At<T>): T;
}

/** The update of a parameter: its optimizer and weight decay. */
export interface Treatment {
  readonly optimizer: Optimizer;
  /** 0 for none. */
  readonly weightDecay: number;
  /**
   * If true, p shrinks by the learning rate times weightDecay (Loshchilov and Hutter 2019, arXiv:1711.05101). If false,
   * g is that of the loss with an L2 penalty: weightDecay times p is added to it.
   */
  readonly decoupled: boolean;
}

/** A parameter with its gradient and slots. */
export interface Updatable<T> {
  readonly p: T;
  readonly g: T;
  readonly slots: Slots<T>;
}

/** The way an engine runs the parts of an update. */
export interface Execution<T extends Tensor<T>> {
  /** Transforms a new slot before it is used and kept. Default: unchanged. */
  slot?(slot: T): T;
  /** Runs `optimizer.move`. Default: directly on the tensors. */
  move?(optimizer: Optimizer, slots: Slots<T>, g: T, at: At<T>): T;
}

/** The parameter and its slots after a step. */
export function updated<T extends Tensor<T>>(
  { optimizer, weightDecay, decoupled }: Treatment,
  { p, g, slots }: Updatable<T>,
  at: At<T>,
  { slot = (x) => x, move = (by, ...given) => by.move(...given) }: Execution<T> = {},
): Omit<Updatable<T>, "g"> {
  const [shrinks, penalised] = weightDecay === 0 ? [false, false] : [decoupled, !decoupled];
  const gradient = penalised ? g.add(p.mul(weightDecay)) : g;
  const advanced = mapSlots(optimizer.advance(slots, gradient), slot);
  const { rate } = optimizer;
  const own = rate === 1 ? at : { ...at, learningRate: at.learningRate.mul(rate) };
  const kept = shrinks ? p.mul(own.learningRate.mul(-weightDecay).add(1)) : p;
  return { p: kept.sub(move(optimizer, advanced, gradient, own)), slots: advanced };
}

export function mapSlots<T, U>(slots: Slots<T>, f: (slot: T, name: string) => U): Slots<U> {
  return Object.fromEntries(Object.entries(slots).map(([name, slot]) => [name, f(slot, name)]));
}

/** The slot of this name. Errors: an optimizer that uses an undeclared slot. */
export function slotOf<T>(slots: Slots<T>, name: string): T {
  const slot = slots[name];
  if (slot === undefined) throw internalError(`no slot ${name}`);
  return slot;
}

/** Slots of parameters by name, put together. */
export function namedSlots<T>(params: Iterable<readonly [name: string, slots: Slots<T>]>): NamedSlots<T> {
  const all: Record<string, Record<string, T>> = {};
  for (const [name, slots] of params) {
    for (const [slot, value] of Object.entries(slots)) {
      all[slot] ??= {};
      all[slot][name] = value;
    }
  }
  return all;
}
