/**
 * A tensor of `Value`s: the readable interpreter, and the oracle for every faster one. An operation runs at once, node
 * by node, and `backward` is that of value.ts. Operations that only move entries (reshape, slice, embedding, ...) make
 * no nodes: the result holds the same Values, whose gradients add up. Powers, logarithms and exponentials are those of
 * math.ts, which have the same bits on every JavaScript engine.
 */

import { axisOf } from "../tensor/fit.ts";
import { checkCounters, checkIds, checkPlaces, checkRanges } from "../tensor/ids.ts";
import { attention, repeatHeads } from "../tensor/nn.ts";
import type { Op, OpAttrs, OpInputs } from "../tensor/ops.ts";
import { Tensor } from "../tensor/tensor.ts";
import { lossesByDefinition } from "../tensor/vocabulary.ts";
import { internalError, mistake } from "../util/errors.ts";
import { hash24 } from "../util/hash.ts";
import { exp, log, pow } from "../util/math.ts";
import { expandIndices, permuteIndices, type Shape, showShape, sizeOf, sliceIndices, splitAt } from "../util/shape.ts";
import { erf, sigmoid } from "../util/special.ts";
import { Value } from "./value.ts";

export class ScalarTensor extends Tensor<ScalarTensor> {
  readonly shape: Shape;
  /** One Value for each entry, row-major. */
  readonly values: readonly Value[];

  /** Errors: a size below 1, a number of values that does not match the shape. */
  constructor(shape: Shape, values: readonly Value[]) {
    super();
    const valid = values.length === sizeOf(shape) && shape.every((n) => Number.isInteger(n) && n >= 1);
    if (!valid) {
      throw mistake(
        "shape",
        "tensor",
        `whole sizes of at least 1 and one number for each entry of ${showShape(shape)}`,
        `${values.length} numbers`,
        "check the shape",
      );
    }
    this.shape = shape;
    this.values = values;
  }

  /** A tensor of leaves: parameters, or data. */
  static from(shape: Shape, data: ArrayLike<number>): ScalarTensor {
    const values = Array.from(data, (x) => new Value(x));
    return new ScalarTensor(shape, values);
  }

  constant(shape: Shape, data: ArrayLike<number>): ScalarTensor {
    return ScalarTensor.from(shape, data);
  }

  protected evaluate<K extends Op>(
    op: K,
    inputs: OpInputs<ScalarTensor, K>,
    attrs: OpAttrs<K>,
    shape: Shape,
  ): ScalarTensor {
    return new ScalarTensor(shape, rules[op](inputs, attrs, shape));
  }

  /** The numbers, row-major. */
  data(): Float64Array {
    return Float64Array.from(this.values, (value) => value.data);
  }

  /** The gradients, row-major, after `backward`. */
  grad(): Float64Array {
    return Float64Array.from(this.values, (value) => value.grad);
  }

  /** The only entry. Errors: there are more. */
  item(): Value {
    const [value, ...more] = this.values;
    if (value !== undefined && more.length === 0) return value;
    throw mistake(
      "shape",
      "item",
      "a tensor with one entry",
      `shape ${showShape(this.shape)}`,
      "sum or slice it first",
    );
  }

  /** Runs `Value.backward` from the only entry. */
  backward(): void {
    this.item().backward();
  }
}

type Rule<K extends Op> = (inputs: OpInputs<ScalarTensor, K>, attrs: OpAttrs<K>, shape: Shape) => readonly Value[];

const rules: { readonly [K in Op]: Rule<K> } = {
  add: (inputs, _, shape) => zip(inputs, shape, (x, y) => x.add(y)),
  mul: (inputs, _, shape) => zip(inputs, shape, (x, y) => x.mul(y)),
  pow: ([x], { exponent }) => x.values.map((v) => v.pow(exponent, pow)),
  exp: ([x]) => x.values.map((v) => v.exp(exp(v.data))),
  log: ([x]) => x.values.map((v) => v.log(log(v.data))),
  relu: ([x]) => x.values.map((v) => v.relu()),
  sigmoid: ([x]) =>
    x.values.map((v) => {
      const y = sigmoid(v.data);
      return new Value(y, undefined, "sigmoid", v, undefined, y * (1 - y));
    }),
  erf: ([x]) =>
    x.values.map((v) => {
      const slope = (2 / Math.sqrt(Math.PI)) * exp(-v.data * v.data);
      return new Value(erf(v.data), undefined, "erf", v, undefined, slope);
    }),
  step: ([x]) => x.values.map((v) => new Value(v.data > 0 ? 1 : 0)),
  hash: (inputs, _, shape) => {
    for (const x of inputs) checkCounters(x.data());
    return zip(inputs, shape, (x, y) => new Value(hash24(x.data, y.data)));
  },
  detach: ([x]) => x.values.map((v) => new Value(v.data)),

  sum: ([x], { axis }) => reduce(x, axisOf("sum", x.shape, axis), (row) => row.reduce((total, v) => total.add(v))),
  max: ([x], { axis }) => reduce(x, axisOf("max", x.shape, axis), largest),
  matmul: ([x, y], _, shape) => matmul(x, y, shape),

  reshape: ([x]) => x.values,
  permute: ([x], { axes }) => pick(x, permuteIndices(x.shape, axes)),
  expand: ([x], _, shape) => pick(x, expandIndices(x.shape, shape)),
  slice: ([x], { axis, start, end }) => pick(x, sliceIndices(x.shape, axisOf("slice", x.shape, axis), start, end)),
  concat: (inputs, { axis }, shape) => {
    const { outer } = splitAt(shape, axisOf("concat", shape, axis));
    const blocks = Array.from({ length: outer }, (_, o) =>
      inputs.map(({ values }) => values.slice((o * values.length) / outer, ((o + 1) * values.length) / outer)),
    );
    return blocks.flat(2);
  },

  embedding: ([table, ids]) => {
    const [rows = 0, width = 0] = table.shape;
    return checkIds("embedding", ids.data(), rows).flatMap((id) => table.values.slice(id * width, (id + 1) * width));
  },
  gather: ([x, ids]) => {
    const width = x.shape.at(-1) ?? 0;
    const positions = checkIds("gather", ids.data(), width).map((id, row) => row * width + id);
    return pick(x, positions);
  },
  scatter: ([x, ids], { rows }) => {
    const width = x.shape.at(-1) ?? 0;
    const table = new Map<number, Value>();
    checkIds("scatter", ids.data(), rows).forEach((id, row) => {
      for (let c = 0; c < width; c++) {
        const value = at(x.values, row * width + c);
        const position = id * width + c;
        table.set(position, table.get(position)?.add(value) ?? value);
      }
    });
    return Array.from({ length: rows * width }, (_, position) => table.get(position) ?? new Value(0));
  },
  oneHot: ([ids], { size }) =>
    checkIds("oneHot", ids.data(), size).flatMap((id) =>
      Array.from({ length: size }, (_, i) => new Value(i === id ? 1 : 0)),
    ),
  put: ([table, ids, rows]) => {
    const [N = 0] = table.shape;
    const width = table.values.length / N;
    const values = [...table.values];
    checkPlaces("put", ids.data(), N).forEach((id, row) => {
      values.splice(id * width, width, ...rows.values.slice(row * width, (row + 1) * width));
    });
    return values;
  },

  // The definition, row by row, with the heads in front.
  attention: ([q, k, v, starts, ends]) => {
    const perHead = (x: ScalarTensor): ScalarTensor => repeatHeads(x, q.shape[1] ?? 1).transpose(0, 1);
    const [queries, keys, values] = [q, k, v].map(perHead) as [ScalarTensor, ScalarTensor, ScalarTensor]; // (H, R or S, D)
    const rows = checkRanges("attention", starts.data(), ends.data(), k.shape[0] ?? 0).map(([start, end], r) =>
      attention(queries.slice(1, r, r + 1), keys.slice(1, start, end), values.slice(1, start, end)),
    ); // each (H, 1, D)
    return rows.flatMap((row) => row.values);
  },
  attentionGrad: ([q, k, v, starts, ends, g], { of }) => {
    const leaves = { q: q.detach(), k: k.detach(), v: v.detach() };
    const result = leaves.q.attention(leaves.k, leaves.v, starts, ends);
    result.mul(g.detach()).reshape(-1).sum(0).backward();
    return Array.from(leaves[of].grad(), (x) => new Value(x));
  },

  linearCrossEntropy: ([x, weight, targets], { cap }) => lossesByDefinition(x, weight, targets, cap).values,
  linearCrossEntropyGrad: ([x, weight, targets, , g], { cap, of }) => {
    const leaves = { x: x.detach(), weight: weight.detach() };
    const losses = lossesByDefinition(leaves.x, leaves.weight, targets, cap);
    losses.mul(g.detach()).sum(0).reshape().backward();
    return Array.from(leaves[of].grad(), (slope) => new Value(slope));
  },
};

function pick(x: ScalarTensor, positions: readonly number[]): Value[] {
  return positions.map((position) => at(x.values, position));
}

function at(values: readonly Value[], position: number): Value {
  const value = values[position];
  if (value === undefined) throw internalError(`entry ${position} of ${values.length}`);
  return value;
}

function zip([x, y]: readonly [ScalarTensor, ScalarTensor], shape: Shape, f: (x: Value, y: Value) => Value): Value[] {
  const xs = expandIndices(x.shape, shape);
  const ys = expandIndices(y.shape, shape);
  return xs.map((position, i) => f(at(x.values, position), at(y.values, ys[i] ?? 0)));
}

function reduce(x: ScalarTensor, axis: number, f: (row: Value[]) => Value): Value[] {
  const { outer, length, inner } = splitAt(x.shape, axis);
  const result: Value[] = [];
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      result.push(f(Array.from({ length }, (_, n) => at(x.values, (o * length + n) * inner + i))));
    }
  }
  return result;
}

// A single largest entry is its own maximum. If c entries tie, each gets 1/c of the gradient: a running mean over them,
// whose k-th node weighs the earlier ones by (k-1)/k and the new one by 1/k.
function largest(row: Value[]): Value {
  const max = row.reduce((most, { data }) => (data > most || Number.isNaN(data) ? data : most), -Infinity);
  const tied = row.filter(({ data }) => Object.is(data, max) || data === max);
  return tied.reduce((mean, v, k) => new Value(max, undefined, "max", mean, v, k / (k + 1), 1 / (k + 1)));
}

function matmul(x: ScalarTensor, y: ScalarTensor, shape: Shape): Value[] {
  const [M = 1, N = 1] = shape.slice(-2);
  const K = x.shape.at(-1) ?? 1;
  const batch = shape.slice(0, -2);
  const xBlocks = expandIndices(x.shape.slice(0, -2), batch);
  const yBlocks = expandIndices(y.shape.slice(0, -2), batch);
  const result: Value[] = [];
  xBlocks.forEach((xBlock, b) => {
    const yBlock = yBlocks[b] ?? 0;
    for (let m = 0; m < M; m++) {
      const row = (xBlock * M + m) * K;
      for (let n = 0; n < N; n++) {
        const column = yBlock * K * N + n;
        let dot = at(x.values, row).mul(at(y.values, column));
        for (let k = 1; k < K; k++) dot = dot.add(at(x.values, row + k).mul(at(y.values, column + k * N)));
        result.push(dot);
      }
    }
  });
  return result;
}
