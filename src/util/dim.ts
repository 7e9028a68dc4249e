/** Sizes of dimensions, which a graph may leave open: the number of rows is known only at run time. */

import { internalError } from "./errors.ts";

/** A known size, or a multiple of the rows. */
export type Dim = number | Rows;

/**
 * A multiple of the number of rows, or of a power of it. Equal ones are the same object, so that `===` compares them.
 * Arithmetic on one does not compile, and throws if forced.
 */
export class Rows {
  static readonly #known = new Map<string, Rows>();
  readonly times: number;
  readonly power: number;

  private constructor(times: number, power: number) {
    this.times = times;
    this.power = power;
  }

  static of(times: number, power = 1): Rows {
    const key = `${times} ${power}`;
    const rows = Rows.#known.get(key) ?? new Rows(times, power);
    Rows.#known.set(key, rows);
    return rows;
  }

  /** `R`, `4R`, `R^2`. */
  toString(): string {
    return `${this.times === 1 ? "" : this.times}R${this.power === 1 ? "" : `^${this.power}`}`;
  }

  toJSON(): string {
    return this.toString();
  }

  [Symbol.toPrimitive](hint: string): string {
    if (hint === "string") return this.toString();
    throw internalError(`arithmetic on ${this.toString()}, a number of rows that is not known yet`);
  }
}

/** The number of rows itself. */
export const ROWS: Rows = Rows.of(1);

/** True if a size depends on the number of rows. */
export function isDynamic(dim: Dim | undefined): dim is Rows {
  return dim instanceof Rows;
}

/** A size that must not depend on the number of rows here. */
export function known(dim: Dim): number {
  if (isDynamic(dim)) throw internalError(`a known size wanted instead of ${dim}`);
  return dim;
}

export function product(x: Dim, y: Dim): Dim {
  return typeof x === "number" && typeof y === "number"
    ? x * y
    : monomial(timesOf(x) * timesOf(y), powerOf(x) + powerOf(y));
}

/** x / y, which is a fraction (see `isSize`) if y does not divide x. */
export function quotient(x: Dim, y: Dim): Dim {
  return typeof x === "number" && typeof y === "number"
    ? x / y
    : monomial(timesOf(x) / timesOf(y), powerOf(x) - powerOf(y));
}

/** Negative if x is smaller than y for every large number of rows, 0 if they are equal, else positive. */
export function compareDims(x: Dim, y: Dim): number {
  return powerOf(x) - powerOf(y) || timesOf(x) - timesOf(y);
}

/** True if a dimension can have this size: a whole number of at least 1. */
export function isSize(dim: Dim): boolean {
  const times = timesOf(dim);
  return Number.isInteger(times) && times >= 1 && powerOf(dim) >= 0;
}

/** The size for a number of rows. */
export function sizeAt(dim: Dim, rows: number): number {
  if (typeof dim === "number") return dim;
  let size = dim.times;
  for (let i = 0; i < dim.power; i++) size *= rows;
  return size;
}

function monomial(times: number, power: number): Dim {
  return power === 0 || times === 0 ? times : Rows.of(times, power);
}

function timesOf(dim: Dim): number {
  return typeof dim === "number" ? dim : dim.times;
}

function powerOf(dim: Dim): number {
  return typeof dim === "number" ? 0 : dim.power;
}
