/** The lowering of each operation: an expression of its operands, another indexing, or a kernel. */

import { axisOf } from "../tensor/fit.ts";
import type { OpInputs } from "../tensor/ops.ts";
import { known } from "../util/dim.ts";
import { internalError } from "../util/errors.ts";
import { type Dims, knownShape, sizeOf } from "../util/shape.ts";
import { chunkedGradients, chunkedLosses } from "./chunked-cross-entropy.ts";
import type { Access, Buffer, Expr, LibraryKernel, Reduction } from "./kernel.ts";
import { LazyTensor, type Rules } from "./lazy-tensor.ts";
import { library } from "./library.ts";
import { type Lazy, type Memory, movedAccess } from "./memory.ts";
import type { AttentionSizes, Table } from "./routines.ts";
import { expanding, permuting, reshaping, slicing } from "./views.ts";

export const rules: Rules = {
  add: (memory, inputs, _, { shape }) => binary(memory, "add", inputs, shape),
  mul: (memory, inputs, _, { shape }) => binary(memory, "mul", inputs, shape),
  pow: ({ pool }, [x], { exponent }, { shape }) => ({ shape, expr: pool.pow(x.expr, exponent) }),
  exp: ({ pool }, [x], _, { shape }) => ({ shape, expr: pool.unary("exp", x.expr) }),
  log: ({ pool }, [x], _, { shape }) => ({ shape, expr: pool.unary("log", x.expr) }),
  relu: ({ pool }, [x], _, { shape }) => ({ shape, expr: pool.unary("relu", x.expr) }),
  sigmoid: ({ pool }, [x], _, { shape }) => ({ shape, expr: pool.unary("sigmoid", x.expr) }),
  erf: ({ pool }, [x], _, { shape }) => ({ shape, expr: pool.unary("erf", x.expr) }),
  step: ({ pool }, [x], _, { shape }) => ({ shape, expr: pool.unary("step", x.expr) }),
  hash: (memory, inputs, _, { shape }) => binary(memory, "hash", inputs, shape),
  detach: (_memory, [x]) => x,

  sum: (memory, [x], { axis }, { shape }) => reduce(memory, "sum", x, axisOf("sum", x.shape, axis), shape),
  max: (memory, [x], { axis }, { shape }) => reduce(memory, "max", x, axisOf("max", x.shape, axis), shape),
  matmul: (memory, [x, y], _, { shape }) => matmul(memory, x, y, shape),

  reshape: (memory, [x], _, { shape }) => memory.moved(x, shape, reshaping(x.shape, shape)),
  permute: (memory, [x], { axes }, { shape }) => memory.moved(x, shape, permuting(axes)),
  expand: (memory, [x], _, { shape }) => memory.expanded(x, shape),
  slice: (memory, [x], { axis, start }, { shape }) =>
    memory.moved(x, shape, slicing(axisOf("slice", x.shape, axis), start)),
  concat: (memory, inputs, { axis }, { shape }) => concat(memory, inputs, axisOf("concat", shape, axis), shape),

  embedding: (memory, [table, ids], _, { shape }) => {
    const { buffer, offset, strides } = memory.access(table);
    const [row = 0, column = 0] = strides;
    const column1 = [...ids.shape, 1];
    const at = movedAccess(memory.access(ids), reshaping(ids.shape, column1), expanding(column1, shape));
    const pick = { ids: at, stride: row };
    return { shape, expr: memory.pool.load({ buffer, offset, strides: [...ids.shape.map(() => 0), column], pick }) };
  },
  gather: (memory, [x, ids], _, { shape }) => {
    const at = memory.access(ids);
    const picked = (): Expr | undefined => memory.pool.replaceLeaves(x.expr, (leaf) => pickedLeaf(memory, leaf, at));
    const early = picked();
    if (early !== undefined) return { shape, expr: early };
    memory.realise(x);
    const expr = picked();
    if (expr === undefined) throw internalError("a gather from what is not in memory");
    return { shape, expr };
  },
  oneHot: (memory, [ids], _, { shape }) => {
    const last = memory.pool.index({ offset: 0, strides: [...ids.shape.map(() => 0), 1] });
    const column = [...ids.shape, 1];
    const id = memory.expanded(memory.moved(ids, column, reshaping(ids.shape, column)), shape);
    return { shape, expr: memory.pool.binary("equal", last, id.expr) };
  },
  scatter: (memory, [x, ids], _, { shape }) => {
    const table = memory.buffer("table", shape);
    const [at, target] = [memory.access(ids), memory.whole(table)];
    memory.kernels.push({
      kind: "scatter",
      space: x.shape,
      ids: at,
      body: x.expr,
      target,
      size: sizeOf(knownShape(shape)),
    });
    return memory.loaded(table);
  },
  put: (memory, [table, ids, rows], _, { shape, table: updatable }) => {
    const target = updatable ?? memory.buffer("put", shape);
    if (target !== updatable) memory.write(table, memory.whole(target));
    const { offset, strides } = memory.layout(shape);
    const [row = 0, ...inner] = strides;
    const at = memory.access(ids);
    const pick = { ids: { ...at, strides: [...at.strides, ...inner.map(() => 0)] }, stride: row };
    memory.write(rows, { buffer: target, offset, strides: [0, ...inner], pick });
    return memory.loaded(target);
  },

  attention: (memory, inputs, _, { shape }) => {
    const { sizes, reads } = attended(memory, inputs);
    const out = memory.buffer("attention", shape);
    memory.kernels.push({ kind: "library", routine: "attention", sizes, reads, writes: { out: rowsOf(memory, out) } });
    return memory.loaded(out);
  },
  attentionGrad: (memory, [q, k, v, starts, ends, g], { of }) => {
    const { sizes, reads } = attended(memory, [q, k, v, starts, ends]);
    const all = { ...reads, g: heads(memory, g) };
    // A single kernel computes the three gradients of an attention.
    const made = memory.kernels.find(
      (kernel): kernel is LibraryKernel<"attentionGrad"> =>
        kernel.kind === "library" && kernel.routine === "attentionGrad" && sameTables(kernel.reads, all),
    );
    const { writes } = made ?? attentionGrad(memory, sizes, all);
    return memory.loaded(writes[`d${of}`].buffer);
  },

  linearCrossEntropy: (memory, inputs, { cap }) => chunkedLosses(classified(memory, inputs, cap)).lazy,
  linearCrossEntropyGrad: (memory, inputs, { cap, of }) => {
    // Both gradients come out of the same chunks.
    const made = memory.once(inputs, () => {
      const [x, weight, targets, losses, g] = inputs;
      const seen = { losses: tensor(memory, losses), g: tensor(memory, g) };
      const gradients = chunkedGradients(classified(memory, [x, weight, targets], cap), seen);
      return { x: memory.realise(gradients.x.lazy), weight: gradients.weight.lazy };
    });
    return made[of];
  },
};

function classified(memory: Memory, [x, weight, targets]: OpInputs<Lazy, "linearCrossEntropy">, cap: number) {
  const chunk = memory.target.vocabularyChunk;
  return { x: tensor(memory, x), weight: tensor(memory, weight), targets: tensor(memory, targets), cap, chunk };
}

function tensor(memory: Memory, lazy: Lazy): LazyTensor {
  return new LazyTensor(memory, rules, lazy);
}

function binary(memory: Memory, op: "add" | "mul" | "hash", [x, y]: readonly [Lazy, Lazy], shape: Dims): Lazy {
  return { shape, expr: memory.pool.binary(op, memory.expanded(x, shape).expr, memory.expanded(y, shape).expr) };
}

function reduce(memory: Memory, op: Reduction["op"], x: Lazy, axis: number, shape: Dims): Lazy {
  const size = x.shape[axis] ?? 1;
  const axes = [...x.shape.keys()].filter((i) => i !== axis);
  const space = axes.map((i) => x.shape[i] ?? 1);
  const { expr: body } = memory.moved(x, [...space, size], permuting([...axes, axis]));
  const buffer = memory.buffer(op, shape);
  const access = movedAccess(memory.whole(buffer), permuting(axes));
  const stores = [{ access, value: memory.pool.reduced() }];
  memory.kernels.push({ kind: "map", space, reduction: { op, size, body }, stores });
  return memory.loaded(buffer);
}

/** A matrix product. A factor of y's columns, such as the scales of narrow weights, is multiplied by afterwards. */
function matmul(memory: Memory, x: Lazy, y: Lazy, shape: Dims): Lazy {
  const { expr } = y;
  if (expr.kind !== "binary" || expr.op !== "mul") return plainMatmul(memory, x, y, shape);
  const k = y.shape.length - 2;
  const isFactor = (e: Expr): boolean => e.kind === "load" && e.access.pick === undefined && e.access.strides[k] === 0;
  const factor = [expr.x, expr.y].find(isFactor);
  const rest = factor === expr.x ? expr.y : expr.x;
  if (factor === undefined || rest.kind !== "load" || isFactor(rest)) return plainMatmul(memory, x, y, shape);
  const product = plainMatmul(memory, x, { shape: y.shape, expr: rest }, shape);
  const row = { shape: y.shape.with(k, 1), expr: factor };
  return { shape, expr: memory.pool.binary("mul", product.expr, memory.expanded(row, shape).expr) };
}

/** A sum over k of products, which a backend recognizes. Space (..., m, n), then k. */
function plainMatmul(memory: Memory, x: Lazy, y: Lazy, shape: Dims): Lazy {
  const size = x.shape.at(-1) ?? 1;
  const visited = [...shape, size];
  // x (..., m, k) as (..., m, 1, k) and y (..., k, n) as (..., 1, n, k), both repeated
  const [rows, columns] = [x.shape.with(-1, 1), y.shape.with(-2, 1)];
  const turned = [...y.shape.keys()].with(-1, y.shape.length - 2).with(-2, y.shape.length - 1);
  const turnedShape = turned.map((axis) => y.shape[axis] ?? 1);
  const [leftShape, rightShape] = [
    [...rows, size],
    [...columns, size],
  ];
  const left = movedAccess(memory.access(x), reshaping(x.shape, leftShape), expanding(leftShape, visited));
  const turnedY = movedAccess(memory.access(y), permuting(turned));
  const right = movedAccess(turnedY, reshaping(turnedShape, rightShape), expanding(rightShape, visited));
  const buffer = memory.buffer("matmul", shape);
  const stores = [{ access: memory.whole(buffer), value: memory.pool.reduced() }];
  const body = memory.pool.binary("mul", memory.pool.load(left), memory.pool.load(right));
  memory.kernels.push({ kind: "map", space: shape, reduction: { op: "sum", size, body }, stores });
  return memory.loaded(buffer);
}

function concat(memory: Memory, inputs: readonly Lazy[], axis: number, shape: Dims): Lazy {
  const buffer = memory.buffer("concat", shape);
  let start = 0;
  for (const x of inputs) {
    memory.write(x, movedAccess(memory.whole(buffer), slicing(axis, start)));
    start += known(x.shape[axis] ?? 0);
  }
  return memory.loaded(buffer);
}

/** The read at the entries of the last axis given by the ids; undefined if it cannot be expressed. */
function pickedLeaf({ pool }: Memory, leaf: Expr, ids: Access): Expr | undefined {
  if (leaf.kind === "index") return undefined;
  if (leaf.kind !== "load") return leaf;
  const { buffer, offset, strides, pick } = leaf.access;
  const stride = strides.at(-1) ?? 0;
  if (stride !== 0 && pick !== undefined) return undefined;
  const outer = pick && { ...pick, ids: { ...pick.ids, strides: pick.ids.strides.slice(0, -1) } };
  const picked = stride === 0 ? outer : { ids, stride };
  return pool.load({ buffer, offset, strides: strides.slice(0, -1), ...(picked && { pick: picked }) });
}

type Attended = Pick<LibraryKernel<"attention">, "sizes" | "reads">;

function attended(memory: Memory, [q, k, v, starts, ends]: OpInputs<Lazy, "attention">): Attended {
  const [rows = 1, ...head] = q.shape;
  const [keyRows = 1, kvHeads = 1] = k.shape;
  const [H = 1, headDim = 1] = knownShape(head);
  const list = (x: Lazy): Table<Buffer> => tableIn(memory, x, ({ strides }) => rows === 1 || strides[0] === 1);
  const tables = { q: heads(memory, q), k: heads(memory, k), v: heads(memory, v) };
  return {
    sizes: { rows, keyRows, heads: H, kvHeads: known(kvHeads), headDim },
    reads: { ...tables, starts: list(starts), ends: list(ends) },
  };
}

function attentionGrad(
  memory: Memory,
  sizes: AttentionSizes,
  reads: LibraryKernel<"attentionGrad">["reads"],
): LibraryKernel<"attentionGrad"> {
  const { q, k, v } = library.attentionGrad.shapes(sizes);
  const table = (name: string, shape: Dims): Table<Buffer> => rowsOf(memory, memory.buffer(name, shape));
  const writes = { dq: table("dq", q), dk: table("dk", k), dv: table("dv", v) };
  const kernel: LibraryKernel<"attentionGrad"> = { kind: "library", routine: "attentionGrad", sizes, reads, writes };
  memory.kernels.push(kernel);
  return kernel;
}

/** (R, H, D) in memory with the heads of a row adjacent. */
function heads(memory: Memory, x: Lazy): Table<Buffer> {
  const [, H = 1, D = 1] = x.shape;
  const fits = ({ strides: [, head, channel] }: Access): boolean =>
    (H === 1 || head === D) && (D === 1 || channel === 1);
  return tableIn(memory, x, fits);
}

/** The tensor's location in memory, or where it is read from if that fits. */
function tableIn(memory: Memory, x: Lazy, fits: (access: Access) => boolean): Table<Buffer> {
  const access = memory.access(x);
  const { buffer, offset, strides } = fits(access) ? access : memory.access(memory.realise(x));
  return { buffer, offset, stride: strides[0] ?? 0 };
}

function rowsOf(memory: Memory, buffer: Buffer): Table<Buffer> {
  return { buffer, offset: 0, stride: memory.layout(buffer.shape).strides[0] ?? 0 };
}

/** True if two kernels read the same tables, which then have the same sizes. */
function sameTables<K extends string>(x: Readonly<Record<K, Table<Buffer>>>, y: typeof x): boolean {
  return (Object.keys(x) as K[]).every(
    (name) =>
      x[name].buffer === y[name].buffer && x[name].offset === y[name].offset && x[name].stride === y[name].stride,
  );
}
