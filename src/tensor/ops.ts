/**
 * The closed set of tensor operations: what each takes and what shape it gives. Whatever interprets a tensor
 * (scalars, a graph, a compiler) has one rule for each of them; everything else is built from these, once, in
 * tensor.ts and nn.ts. The tables are mapped types over `Op`, so a missing rule does not compile.
 * (The idea is jax-js's `frontend/jvp.ts`.)
 *
 * Elementwise operations broadcast by NumPy's rule. An `axis` may be negative, -1 being the last.
 */

import { isSize } from "../util/dim.ts";
import { mistake } from "../util/errors.ts";
import { broadcastShapes, type Dims, sameShape, showShape, sizeOf } from "../util/shape.ts";

import { attended, axisOf, broadcast, classified, knownSize, mismatch, reduced } from "./fit.ts";

type None = Record<string, never>;

/** Per operation: the tensors it takes (of any kind `T`) and its fixed attributes. */
export interface OpTable<T> {
  /** x + y */
  add: { inputs: readonly [x: T, y: T]; attrs: None };
  /** x · y, entry by entry */
  mul: { inputs: readonly [x: T, y: T]; attrs: None };
  /** x to a constant power */
  pow: { inputs: readonly [x: T]; attrs: { readonly exponent: number } };
  exp: { inputs: readonly [x: T]; attrs: None };
  /** natural logarithm */
  log: { inputs: readonly [x: T]; attrs: None };
  /** max(0, x), with the gradient 0 at 0 */
  relu: { inputs: readonly [x: T]; attrs: None };
  /** 1 / (1 + exp(-x)) */
  sigmoid: { inputs: readonly [x: T]; attrs: None };
  /** the error function, 2 / √π times the integral of exp(-t²) from 0 to x */
  erf: { inputs: readonly [x: T]; attrs: None };
  /** 1 if x > 0, else 0: the slope of relu, itself flat, so no gradient flows through */
  step: { inputs: readonly [x: T]; attrs: None };
  /** hash24 of util/hash.ts: a random number of two counters, all three whole and below 2^24; flat */
  hash: { inputs: readonly [x: T, y: T]; attrs: None };
  /** the sum along an axis, which stays with size 1 */
  sum: { inputs: readonly [x: T]; attrs: { readonly axis: number } };
  /** the largest entry along an axis, which stays with size 1; ties share the gradient equally */
  max: { inputs: readonly [x: T]; attrs: { readonly axis: number } };
  /** (..., M, K) by (..., K, N) gives (..., M, N); the leading dimensions broadcast */
  matmul: { inputs: readonly [x: T, y: T]; attrs: None };
  reshape: { inputs: readonly [x: T]; attrs: { readonly shape: Dims } };
  /** the dimensions in another order: dimension i of the result is dimension axes[i] of x */
  permute: { inputs: readonly [x: T]; attrs: { readonly axes: readonly number[] } };
  /** repeated along dimensions of size 1 and new leading ones, until it has the shape */
  expand: { inputs: readonly [x: T]; attrs: { readonly shape: Dims } };
  /** entries start to end - 1 along an axis */
  slice: { inputs: readonly [x: T]; attrs: { readonly axis: number; readonly start: number; readonly end: number } };
  /** the tensors concatenated along an axis */
  concat: { inputs: readonly T[]; attrs: { readonly axis: number } };
  /** rows of a table (V, C), one for each of the ids (...): gives (..., C) */
  embedding: { inputs: readonly [table: T, ids: T]; attrs: None };
  /** one entry of the last axis of x (..., V) for each of the ids (...): gives (...) */
  gather: { inputs: readonly [x: T, ids: T]; attrs: None };
  /** rows (..., C) added up in a table (rows, C), each at its id (...): what a gradient does to embedding */
  scatter: { inputs: readonly [x: T, ids: T]; attrs: { readonly rows: number } };
  /** (..., size) with 1 at each of the ids (...), else 0 */
  oneHot: { inputs: readonly [ids: T]; attrs: { readonly size: number } };
  /** the table (N, ...) with row r of rows (R, ...) written at ids[r]; the ids (R) are distinct */
  put: { inputs: readonly [table: T, ids: T, rows: T]; attrs: None };
  /**
   * `attention` of nn.ts for each row r of q (R, H, D), head by head, on rows starts[r] to ends[r] - 1 of k and v
   * (S, G, D), with starts and ends (R): gives (R, H, D). H / G heads in a row share one of k and v.
   */
  attention: { inputs: readonly [q: T, k: T, v: T, starts: T, ends: T]; attrs: None };
  /** the gradient of the sum of g (R, H, D) times attention, towards q, k or v; none flows through it in turn */
  attentionGrad: {
    inputs: readonly [q: T, k: T, v: T, starts: T, ends: T, g: T];
    attrs: { readonly of: "q" | "k" | "v" };
  };
  /**
   * `crossEntropy` of nn.ts of the logits of rows x (R, C) by a table (V, C), held within ± cap unless that is 0, and
   * targets (R): gives (R)
   */
  linearCrossEntropy: { inputs: readonly [x: T, weight: T, targets: T]; attrs: { readonly cap: number } };
  /** the gradient of the sum of g (R) times those losses (R), towards x or the weight; none flows through it in turn */
  linearCrossEntropyGrad: {
    inputs: readonly [x: T, weight: T, targets: T, losses: T, g: T];
    attrs: { readonly cap: number; readonly of: "x" | "weight" };
  };
  /** the same numbers, through which no gradient flows */
  detach: { inputs: readonly [x: T]; attrs: None };
}

export type Op = keyof OpTable<unknown>;
export type OpInputs<T, K extends Op> = OpTable<T>[K]["inputs"];
export type OpAttrs<K extends Op> = OpTable<unknown>[K]["attrs"];

/** The shape of each operation's result. Errors: inputs that do not fit together. */
const shapeRules: { readonly [K in Op]: (inputs: OpInputs<Dims, K>, attrs: OpAttrs<K>) => Dims } = {
  add: (inputs) => broadcast("add", inputs),
  mul: (inputs) => broadcast("mul", inputs),
  pow: ([x]) => x,
  exp: ([x]) => x,
  log: ([x]) => x,
  relu: ([x]) => x,
  sigmoid: ([x]) => x,
  erf: ([x]) => x,
  step: ([x]) => x,
  hash: (inputs) => broadcast("hash", inputs),
  detach: ([x]) => x,
  sum: ([x], { axis }) => reduced("sum", x, axis),
  max: ([x], { axis }) => reduced("max", x, axis),

  matmul: ([x, y]) => {
    const batch = broadcastShapes(x.slice(0, -2), y.slice(0, -2));
    const [m, k] = x.slice(-2);
    const [k2, n] = y.slice(-2);
    if (batch === undefined || m === undefined || n === undefined || k !== k2) {
      throw mismatch("matmul", "(..., M, K) and (..., K, N)", [x, y], "transpose one of them or check the sizes");
    }
    return [...batch, m, n];
  },

  reshape: ([x], { shape }) => {
    const valid = sizeOf(x) === sizeOf(shape) && shape.every(isSize);
    if (!valid) {
      throw mismatch("reshape", `a shape with ${sizeOf(x)} entries for ${showShape(x)}`, [shape], "check the sizes");
    }
    return shape;
  },

  permute: ([x], { axes }) => {
    const valid = axes.length === x.length && x.every((_, axis) => axes.includes(axis));
    if (!valid) throw mismatch("permute", `each axis of ${showShape(x)} once`, [axes], "name all of them, from 0 on");
    return axes.map((axis) => x[axis] ?? 1);
  },

  expand: ([x], { shape }) => {
    const both = broadcastShapes(x, shape);
    if (both === undefined || !sameShape(both, shape)) {
      throw mismatch("expand", `a shape that ${showShape(x)} broadcasts to`, [shape], "check the sizes");
    }
    return shape;
  },

  slice: ([x], { axis, start, end }) => {
    const at = axisOf("slice", x, axis);
    const length = knownSize("slice", x, at);
    if (!(Number.isInteger(start) && Number.isInteger(end) && 0 <= start && start < end && end <= length)) {
      const expected = `whole numbers 0 <= start < end <= ${length} for axis ${axis} of ${showShape(x)}`;
      throw mistake("range", "slice", expected, `${start} to ${end}`, "check the range");
    }
    return x.with(at, end - start);
  },

  concat: (inputs, { axis }) => {
    const [first, ...rest] = inputs;
    if (first === undefined) throw mismatch("concat", "at least one tensor", [], "pass one");
    const at = axisOf("concat", first, axis);
    const fits = rest.every((x) => x.length === first.length && sameShape(x.with(at, 0), first.with(at, 0)));
    if (!fits) throw mismatch("concat", `the same sizes but for axis ${axis}`, inputs, "check the sizes");
    if (rest.length === 0) return first;
    const length = inputs.reduce((total, x) => total + knownSize("concat", x, at), 0);
    return first.with(at, length);
  },

  embedding: ([table, ids]) => {
    const [, width] = table;
    if (table.length !== 2 || width === undefined) {
      throw mismatch("embedding", "a table (V, C) and ids", [table, ids], "reshape the table");
    }
    return [...ids, width];
  },

  gather: ([x, ids]) => {
    if (x.length === 0 || !sameShape(x.slice(0, -1), ids)) {
      throw mismatch("gather", "x (..., V) and ids (...)", [x, ids], "pass one id for each row of x");
    }
    return ids;
  },

  scatter: ([x, ids], { rows }) => {
    const width = x.at(-1);
    const fits = width !== undefined && sameShape(x.slice(0, -1), ids) && Number.isInteger(rows) && rows >= 1;
    if (!fits)
      throw mismatch("scatter", `rows (..., C), ids (...) and a number of rows`, [x, ids], "pass one id for each row");
    return [rows, width];
  },

  oneHot: ([ids], { size }) => {
    if (!(Number.isInteger(size) && size >= 1)) {
      const fix = "pass the size of the vocabulary";
      throw mistake("range", "oneHot", "a size of at least 1", `${size}`, fix);
    }
    return [...ids, size];
  },

  put: ([table, ids, rows]) => {
    if (table.length === 0 || ids.length !== 1 || !sameShape(rows, table.with(0, ids[0] ?? 0))) {
      const expected = "a table (N, ...), ids (R) and rows (R, ...)";
      throw mismatch("put", expected, [table, ids, rows], "pass one id for each row");
    }
    return table;
  },

  attention: (inputs) => attended("attention", inputs),
  attentionGrad: ([q, k, v, starts, ends, g], { of }) => {
    attended("attentionGrad", [q, k, v, starts, ends]);
    if (!sameShape(g, q)) throw mismatch("attentionGrad", `g of the shape ${showShape(q)}`, [g], "check the sizes");
    return { q, k, v }[of];
  },

  linearCrossEntropy: (inputs) => classified("linearCrossEntropy", inputs),
  linearCrossEntropyGrad: ([x, weight, targets, losses, g], { of }) => {
    classified("linearCrossEntropyGrad", [x, weight, targets]);
    if (!sameShape(losses, targets) || !sameShape(g, targets)) {
      throw mismatch(
        "linearCrossEntropyGrad",
        `losses and g of the shape ${showShape(targets)}`,
        [losses, g],
        "check the sizes",
      );
    }
    return { x, weight }[of];
  },
};

/** The shape that `op` gives. Errors: inputs that do not fit together, in one line that shows their shapes. */
export function inferShape<K extends Op>(op: K, inputs: OpInputs<Dims, K>, attrs: OpAttrs<K>): Dims {
  return shapeRules[op](inputs, attrs);
}
