/**
 * A tensor of plain numbers in float64: each operation is computed at once, in the most obvious way, and nothing is
 * kept for a gradient. The reference for every backend, and the scalar engine's way to update its weights. Powers,
 * logarithms and exponentials are those of math.ts, which have the same bits on every JavaScript engine.
 */

import { mistake } from "../util/errors.ts";
import { hash24 } from "../util/hash.ts";
import { exp, log, pow } from "../util/math.ts";
import { expandIndices, permuteIndices, type Shape, showShape, sizeOf, sliceIndices, splitAt } from "../util/shape.ts";
import { erf, sigmoid } from "../util/special.ts";
import { axisOf } from "./fit.ts";
import { checkCounters, checkIds, checkPlaces, checkRanges } from "./ids.ts";
import type { Op, OpAttrs, OpInputs } from "./ops.ts";
import { Tensor } from "./tensor.ts";
import { gradientByDefinition, lossesByDefinition } from "./vocabulary.ts";

export class ArrayTensor extends Tensor<ArrayTensor> {
  readonly shape: Shape;
  /** Row-major. */
  readonly data: Float64Array;
  /** If this is y⁻¹, y: x · y⁻¹ is then one division, which rounds once. */
  readonly inverted: ArrayTensor | undefined;

  private constructor(shape: Shape, data: Float64Array, inverted?: ArrayTensor) {
    super();
    this.shape = shape;
    this.data = data;
    this.inverted = inverted;
  }

  /**
   * These numbers, row-major. A Float64Array is kept, not copied: do not change it later. Errors: their count differs
   * from the shape's.
   */
  static from(shape: Shape, data: ArrayLike<number>): ArrayTensor {
    if (data.length !== sizeOf(shape)) {
      const expected = `one number for each entry of ${showShape(shape)}`;
      throw mistake("shape", "tensor", expected, `${data.length} numbers`, "check the shape");
    }
    return new ArrayTensor(shape, data instanceof Float64Array ? data : Float64Array.from(data));
  }

  constant(shape: Shape, data: ArrayLike<number>): ArrayTensor {
    return ArrayTensor.from(shape, data);
  }

  protected evaluate<K extends Op>(
    op: K,
    inputs: OpInputs<ArrayTensor, K>,
    attrs: OpAttrs<K>,
    shape: Shape,
  ): ArrayTensor {
    const data = rules[op](inputs, attrs, shape);
    const inverse = op === "pow" && (attrs as OpAttrs<"pow">).exponent === -1;
    return new ArrayTensor(shape, data, inverse ? inputs[0] : undefined);
  }
}

type Rule<K extends Op> = (inputs: OpInputs<ArrayTensor, K>, attrs: OpAttrs<K>, shape: Shape) => Float64Array;

const rules: { readonly [K in Op]: Rule<K> } = {
  add: ([x, y], _, shape) => zip(x, y, shape, (a, b) => a + b),
  mul: ([x, y], _, shape) => {
    if (y.inverted !== undefined) return zip(x, y.inverted, shape, (a, b) => a / b);
    if (x.inverted !== undefined) return zip(y, x.inverted, shape, (a, b) => a / b);
    return zip(x, y, shape, (a, b) => a * b);
  },
  pow: ([x], { exponent }) => x.data.map(exponent === 0.5 ? Math.sqrt : (a) => pow(a, exponent)),
  exp: ([x]) => x.data.map(exp),
  log: ([x]) => x.data.map(log),
  relu: ([x]) => x.data.map((a) => Math.max(0, a)),
  sigmoid: ([x]) => x.data.map(sigmoid),
  erf: ([x]) => x.data.map(erf),
  step: ([x]) => x.data.map((a) => (a > 0 ? 1 : 0)),
  hash: ([x, y], _, shape) => {
    for (const { data } of [x, y]) checkCounters(data);
    return zip(x, y, shape, hash24);
  },
  detach: ([x]) => x.data,

  sum: ([x], { axis }) => reduce(x, axisOf("sum", x.shape, axis), (a, b) => a + b),
  max: ([x], { axis }) => reduce(x, axisOf("max", x.shape, axis), Math.max),
  matmul: ([x, y], _, shape) => matmul(x, y, shape),

  reshape: ([x]) => x.data,
  permute: ([x], { axes }) => pick(x, permuteIndices(x.shape, axes)),
  expand: ([x], _, shape) => pick(x, expandIndices(x.shape, shape)),
  slice: ([x], { axis, start, end }) => pick(x, sliceIndices(x.shape, axisOf("slice", x.shape, axis), start, end)),
  concat: (inputs, { axis }, shape) => {
    const { outer } = splitAt(shape, axisOf("concat", shape, axis));
    const rows = Array.from({ length: outer }, (_, o) =>
      inputs.flatMap(({ data }) => [...data.subarray((o * data.length) / outer, ((o + 1) * data.length) / outer)]),
    );
    return Float64Array.from(rows.flat());
  },

  embedding: ([table, ids]) => {
    const [rows = 0, width = 0] = table.shape;
    const positions = checkIds("embedding", ids.data, rows).flatMap((id) =>
      Array.from({ length: width }, (_, c) => id * width + c),
    );
    return pick(table, positions);
  },
  scatter: ([x, ids], { rows }, shape) => {
    const width = x.shape.at(-1) ?? 0;
    const table = new Float64Array(sizeOf(shape));
    checkIds("scatter", ids.data, rows).forEach((id, row) => {
      for (let c = 0; c < width; c++)
        table[id * width + c] = (table[id * width + c] ?? 0) + (x.data[row * width + c] ?? 0);
    });
    return table;
  },
  gather: ([x, ids]) => {
    const width = x.shape.at(-1) ?? 0;
    const positions = checkIds("gather", ids.data, width).map((id, row) => row * width + id);
    return pick(x, positions);
  },
  oneHot: ([ids], { size }, shape) => {
    const result = new Float64Array(sizeOf(shape));
    checkIds("oneHot", ids.data, size).forEach((id, row) => {
      result[row * size + id] = 1;
    });
    return result;
  },
  put: ([table, ids, rows]) => {
    const result = table.data.slice();
    const [N = 0] = table.shape;
    const width = result.length / N;
    checkPlaces("put", ids.data, N).forEach((id, row) => {
      result.set(rows.data.subarray(row * width, (row + 1) * width), id * width);
    });
    return result;
  },

  attention: (inputs) => {
    const [q, , v] = inputs;
    const result = new Float64Array(q.data.length);
    for (const { at, seen } of queriesOf("attention", inputs))
      for (const { key, share } of seen) addVector(result, at, v, key, share);
    return result;
  },
  attentionGrad: ([q, k, v, starts, ends, g], { of }, shape) => {
    const D = q.shape.at(-1) ?? 1;
    const result = new Float64Array(sizeOf(shape));
    for (const { at, seen } of queriesOf("attentionGrad", [q, k, v, starts, ends])) {
      // d loss / d share, and from it d loss / d score by the slope of softmax.
      const dShares = seen.map(({ key }) => dot(g, at, v, key));
      const mean = seen.reduce((sum, { share }, j) => sum + share * (dShares[j] ?? Number.NaN), 0);
      seen.forEach(({ key, share }, j) => {
        const dScore = (share * ((dShares[j] ?? Number.NaN) - mean)) / Math.sqrt(D);
        if (of === "q") addVector(result, at, k, key, dScore);
        if (of === "k") addVector(result, key, q, at, dScore);
        if (of === "v") addVector(result, key, g, at, share);
      });
    }
    return result;
  },

  linearCrossEntropy: ([x, weight, targets], { cap }) => lossesByDefinition(x, weight, targets, cap).data,
  linearCrossEntropyGrad: ([x, weight, targets, , g], { cap, of }) =>
    gradientByDefinition({ x, weight, targets, g }, cap, of).data,
};

function pick({ data }: ArrayTensor, positions: readonly number[]): Float64Array {
  const result = new Float64Array(positions.length); // Float64Array.from with a function takes ten times as long
  positions.forEach((position, i) => {
    result[i] = data[position] ?? Number.NaN;
  });
  return result;
}

function zip(x: ArrayTensor, y: ArrayTensor, shape: Shape, f: (a: number, b: number) => number): Float64Array {
  const xs = expanded(x, shape);
  const ys = expanded(y, shape);
  return xs.map((a, i) => f(a, ys[i] ?? Number.NaN));
}

function expanded(x: ArrayTensor, shape: Shape): Float64Array {
  if (x.data.length === sizeOf(shape)) return x.data;
  if (x.data.length === 1) return new Float64Array(sizeOf(shape)).fill(x.data[0] ?? Number.NaN);
  return pick(x, expandIndices(x.shape, shape));
}

function reduce({ shape, data }: ArrayTensor, axis: number, f: (a: number, b: number) => number): Float64Array {
  const { outer, length, inner } = splitAt(shape, axis);
  return Float64Array.from({ length: outer * inner }, (_, position) => {
    const first = Math.floor(position / inner) * length * inner + (position % inner);
    const row = Array.from({ length }, (_, n) => data[first + n * inner] ?? Number.NaN);
    return row.reduce((a, b) => f(a, b));
  });
}

function matmul(x: ArrayTensor, y: ArrayTensor, shape: Shape): Float64Array {
  const [M = 1, N = 1] = shape.slice(-2);
  const K = x.shape.at(-1) ?? 1;
  const batch = shape.slice(0, -2);
  const xs = expandIndices(x.shape.slice(0, -2), batch);
  const ys = expandIndices(y.shape.slice(0, -2), batch);
  const result = new Float64Array(sizeOf(shape));
  const column = new Float64Array(K); // of y, made contiguous: twice as fast
  for (let b = 0; b < sizeOf(batch); b++) {
    const [rows, columns] = [(xs[b] ?? 0) * M * K, (ys[b] ?? 0) * K * N];
    for (let n = 0; n < N; n++) {
      for (let k = 0; k < K; k++) column[k] = y.data[columns + k * N + n] ?? Number.NaN;
      for (let m = 0; m < M; m++) {
        let dot = 0;
        for (let k = 0; k < K; k++) dot += (x.data[rows + m * K + k] ?? Number.NaN) * (column[k] ?? Number.NaN);
        result[(b * M + m) * N + n] = dot;
      }
    }
  }
  return result;
}

/** One head's query of a row: the offset of its D numbers, and for each key its offset and attention weight. */
interface Query {
  readonly at: number;
  readonly seen: readonly { readonly key: number; readonly share: number }[];
}

function queriesOf(operation: string, [q, k, , starts, ends]: OpInputs<ArrayTensor, "attention">): Query[] {
  const [, H = 1, D = 1] = q.shape;
  const [, G = 1] = k.shape;
  return checkRanges(operation, starts.data, ends.data, k.shape[0] ?? 0).flatMap(([start, end], r) =>
    Array.from({ length: H }, (_, h) => {
      const at = (r * H + h) * D;
      const keys = Array.from({ length: end - start }, (_, j) => ((start + j) * G + Math.floor((h * G) / H)) * D);
      const scores = keys.map((key) => dot(q, at, k, key) / Math.sqrt(D));
      const largest = scores.reduce((most, score) => Math.max(most, score));
      const exps = scores.map((score) => exp(score - largest));
      const total = exps.reduce((sum, x) => sum + x);
      return { at, seen: keys.map((key, j) => ({ key, share: (exps[j] ?? Number.NaN) / total })) };
    }),
  );
}

/** The dot product of the vectors that begin at i in x and at j in y, as long as the last dimension of x. */
function dot(x: ArrayTensor, i: number, y: ArrayTensor, j: number): number {
  let sum = 0;
  for (let d = 0; d < (x.shape.at(-1) ?? 1); d++) {
    sum += (x.data[i + d] ?? Number.NaN) * (y.data[j + d] ?? Number.NaN);
  }
  return sum;
}

/** Adds the vector that begins at j in x, times a factor, to the one at i. */
function addVector(result: Float64Array, i: number, x: ArrayTensor, j: number, factor: number): void {
  for (let d = 0; d < (x.shape.at(-1) ?? 1); d++) {
    result[i + d] = (result[i + d] ?? Number.NaN) + factor * (x.data[j + d] ?? Number.NaN);
  }
}
