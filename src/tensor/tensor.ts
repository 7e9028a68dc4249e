/**
 * The tensor that the model is written in: a shape and the operations of ops.ts, but no meaning yet. An interpreter
 * extends it and gives each operation its meaning: compute it with scalars, record it in a graph. The methods below the
 * line are sugar, built from the operations once for all interpreters.
 */

import { type Dim, quotient } from "../util/dim.ts";
import { type Dims, type Shape, sizeOf } from "../util/shape.ts";
import { axisOf, knownSize } from "./fit.ts";
import { inferShape, type Op, type OpAttrs, type OpInputs } from "./ops.ts";

export abstract class Tensor<Self extends Tensor<Self>> {
  abstract readonly shape: Dims;

  /** A tensor of the same interpreter with these numbers, row-major, and no gradient to pass on. */
  abstract constant(shape: Shape, data: ArrayLike<number>): Self;

  /** The operation's meaning for this interpreter; `shape` is that of the result, already checked. */
  protected abstract evaluate<K extends Op>(op: K, inputs: OpInputs<Self, K>, attrs: OpAttrs<K>, shape: Dims): Self;

  /** Applies one operation of the closed set. Errors: shapes that do not fit, the same for every interpreter. */
  apply<K extends Op>(op: K, inputs: OpInputs<Self, K>, attrs: OpAttrs<K>): Self {
    const shapes = inputs.map((input) => input.shape) as readonly Dims[] as OpInputs<Dims, K>;
    return this.evaluate(op, inputs, attrs, inferShape(op, shapes, attrs));
  }

  // ---------------------------------------------------------------------------------------------------------

  add(this: Self, y: Self | number): Self {
    return this.apply("add", [this, this.#lift(y)], {});
  }

  mul(this: Self, y: Self | number): Self {
    return this.apply("mul", [this, this.#lift(y)], {});
  }

  pow(this: Self, exponent: number): Self {
    return this.apply("pow", [this], { exponent });
  }

  exp(this: Self): Self {
    return this.apply("exp", [this], {});
  }

  log(this: Self): Self {
    return this.apply("log", [this], {});
  }

  relu(this: Self): Self {
    return this.apply("relu", [this], {});
  }

  sigmoid(this: Self): Self {
    return this.apply("sigmoid", [this], {});
  }

  erf(this: Self): Self {
    return this.apply("erf", [this], {});
  }

  /** 1 where x > 0, else 0; no gradient flows through. */
  step(this: Self): Self {
    return this.apply("step", [this], {});
  }

  /** A random whole number below 2^24, fixed by these ones and those of y; no gradient flows through. */
  hash(this: Self, y: Self | number): Self {
    return this.apply("hash", [this, this.#lift(y)], {});
  }

  neg(this: Self): Self {
    return this.mul(-1);
  }

  sub(this: Self, y: Self | number): Self {
    return this.add(typeof y === "number" ? -y : y.neg());
  }

  div(this: Self, y: Self | number): Self {
    return this.mul(typeof y === "number" ? 1 / y : y.pow(-1));
  }

  /** The sum along an axis, which stays with size 1. */
  sum(this: Self, axis: number): Self {
    return this.apply("sum", [this], { axis });
  }

  /** The mean along an axis, which stays with size 1. Errors: an axis whose size is not known yet. */
  mean(this: Self, axis: number): Self {
    const length = knownSize("mean", this.shape, axis);
    return this.sum(axis).div(length);
  }

  /** The largest entry along an axis, which stays with size 1. */
  max(this: Self, axis: number): Self {
    return this.apply("max", [this], { axis });
  }

  /** (..., M, K) by (..., K, N) gives (..., M, N). */
  matmul(this: Self, y: Self): Self {
    return this.apply("matmul", [this, y], {});
  }

  /** The same entries in another shape; one size may be -1, meaning all the rest. */
  reshape(this: Self, ...shape: Dim[]): Self {
    const known = sizeOf(shape.filter((n) => n !== -1));
    const left = quotient(sizeOf(this.shape), known);
    return this.apply("reshape", [this], { shape: shape.map((n) => (n === -1 ? left : n)) });
  }

  /** Dimension i of the result is dimension axes[i] of this one. */
  permute(this: Self, ...axes: number[]): Self {
    return this.apply("permute", [this], { axes });
  }

  /** Swaps two dimensions. */
  transpose(this: Self, axis0: number, axis1: number): Self {
    const [i, j] = [axisOf("transpose", this.shape, axis0), axisOf("transpose", this.shape, axis1)];
    return this.permute(...this.shape.map((_, axis) => (axis === i ? j : axis === j ? i : axis)));
  }

  /** Repeats along dimensions of size 1 and new leading ones, until it has the shape. */
  expand(this: Self, ...shape: Dim[]): Self {
    return this.apply("expand", [this], { shape });
  }

  /** Entries start to end - 1 along an axis. */
  slice(this: Self, axis: number, start: number, end: number): Self {
    return this.apply("slice", [this], { axis, start, end });
  }

  /** This tensor and the others, concatenated along an axis. */
  concat(this: Self, axis: number, ...others: Self[]): Self {
    return this.apply("concat", [this, ...others], { axis });
  }

  /** The rows of this table (V, C) with these ids (...): (..., C). */
  embedding(this: Self, ids: Self): Self {
    return this.apply("embedding", [this, ids], {});
  }

  /** The entries of the last axis (..., V) with these ids (...): (...). */
  gather(this: Self, ids: Self): Self {
    return this.apply("gather", [this, ids], {});
  }

  /** These rows (..., C) added up in a table (rows, C), each at its id (...). */
  scatter(this: Self, ids: Self, rows: number): Self {
    return this.apply("scatter", [this, ids], { rows });
  }

  /** (..., size) with 1 at each of these ids (...), else 0. */
  oneHot(this: Self, size: number): Self {
    return this.apply("oneHot", [this], { size });
  }

  /** This table (N, ...) with rows (R, ...) written at the ids (R), which are distinct. */
  put(this: Self, ids: Self, rows: Self): Self {
    return this.apply("put", [this, ids, rows], {});
  }

  /** These queries (R, H, D) on the rows starts[r] to ends[r] - 1 of k and v (S, G, D), head by head: (R, H, D). */
  attention(this: Self, k: Self, v: Self, starts: Self, ends: Self): Self {
    return this.apply("attention", [this, k, v, starts, ends], {});
  }

  /** The same numbers, through which no gradient flows. */
  detach(this: Self): Self {
    return this.apply("detach", [this], {});
  }

  #lift(y: Self | number): Self {
    return typeof y === "number" ? this.constant([], [y]) : y;
  }
}
