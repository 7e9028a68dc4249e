/**
 * From a graph of tensor operations to kernels. Operations that work entry by entry are not computed at once: a node's
 * value is kept as an expression over buffers until something needs it in memory (a matrix product, several users, an
 * output), so that whole chains become one kernel. Views are never copied if counting otherwise will do.
 */

import { type GraphNode, topologicalOrder } from "../graph/graph-node.ts";
import type { Op, OpAttrs, OpInputs } from "../tensor/ops.ts";
import { axisOf } from "../tensor/ops.ts";
import { internalError } from "../util/errors.ts";
import { ROWS, type Shape, sameShape, sizeOf } from "../util/shape.ts";
import {
  type Access,
  type AttentionGradKernel,
  type Buffer,
  type Expr,
  ExprPool,
  type HeadRows,
  type Kernel,
  loadsOf,
  type Reduction,
  subexpressions,
} from "./kernel.ts";
import { contiguous, expanding, type Movement, permuting, reshaping, slicing } from "./views.ts";

/** What a program is to compute. */
export interface Roots {
  /** Results that can be read after a run. */
  readonly outputs: Readonly<Record<string, GraphNode>>;
  /** Inputs that take a new value at the end of a run: weights, moments, caches. */
  readonly updates: Readonly<Record<string, GraphNode>>;
  /** Outputs (one number each) that must be finite, or else the run ends before it updates anything. */
  readonly guards?: readonly string[];
}

export interface Lowered {
  readonly kernels: readonly Kernel[];
  readonly inputs: ReadonlyMap<string, Buffer>;
  readonly outputs: ReadonlyMap<string, Buffer>;
  readonly constants: readonly Buffer[];
  readonly pool: ExprPool;
}

/** A tensor that is not in memory as such: each of its entries is this expression of the tensor's coordinates. */
interface Lazy {
  readonly shape: Shape;
  readonly expr: Expr;
}

/** More than this in one expression is put into memory: the registers are few. */
const MAX_EXPRESSION = 48;
/** What may be computed again by each of its users rather than be written and read back. */
const MAX_REPEATED = 10;

/** The kernels in an order in which they can run. `rows` is the most that ROWS can be. */
export function lower(roots: Roots, rows: number): Lowered {
  return new Lowering(roots, rows).run();
}

class Lowering {
  readonly #roots: Roots;
  readonly #rows: number;
  readonly #order: readonly GraphNode[];
  readonly #uses = new Map<GraphNode, number>();
  readonly #values = new Map<GraphNode, Lazy>();
  readonly #kernels: Kernel[] = [];
  readonly #inputs = new Map<string, Buffer>();
  readonly #constants: Buffer[] = [];
  readonly #gradients = new Map<string, AttentionGradKernel>();
  readonly #pool = new ExprPool();
  #buffers = 0;

  constructor(roots: Roots, rows: number) {
    this.#roots = roots;
    this.#rows = rows;
    const ends = [...Object.values(roots.outputs), ...Object.values(roots.updates)];
    this.#order = topologicalOrder(ends);
    for (const node of [...this.#order.flatMap(({ operands }) => operands), ...ends]) {
      this.#uses.set(node, (this.#uses.get(node) ?? 0) + 1);
    }
  }

  run(): Lowered {
    for (const node of this.#order) this.#values.set(node, this.#lowered(node));
    const outputs = new Map<string, Buffer>();
    for (const [name, node] of Object.entries(this.#roots.outputs)) {
      const buffer = this.#buffer(name, node.shape, "output");
      this.#copy(this.#value(node), buffer);
      outputs.set(name, buffer);
    }
    for (const [name, node] of Object.entries(this.#roots.updates)) {
      const buffer = this.#inputs.get(name);
      if (buffer === undefined) throw internalError(`an update of ${name}, which nothing reads`);
      const value = this.#value(node);
      // What was written in place is there already.
      if (value.expr !== this.#pool.load(this.#whole(buffer))) this.#copy(value, buffer);
    }
    const constants = this.#constants;
    return { kernels: this.#kernels, inputs: this.#inputs, outputs, constants, pool: this.#pool };
  }

  #value(node: GraphNode): Lazy {
    const value = this.#values.get(node);
    if (value === undefined) throw internalError("an operand that was not lowered");
    return value;
  }

  #lowered(node: GraphNode): Lazy {
    const { source, shape } = node;
    switch (source.kind) {
      case "input": {
        const buffer = this.#buffer(source.name, shape, "input");
        this.#inputs.set(source.name, buffer);
        return this.#loaded(buffer);
      }
      case "constant": {
        const [first = 0] = Array.from(source.data);
        if (Array.from(source.data).every((x) => Object.is(x, first)))
          return { shape, expr: this.#pool.constant(first) };
        const buffer: Buffer = { ...this.#buffer("constant", shape, "constant"), data: source.data };
        this.#constants.push(buffer);
        return this.#loaded(buffer);
      }
      case "op": {
        const value = this.#applied(source.op, node, source.attrs);
        return this.#worthWriting(node, value) ? this.#realise(value) : value;
      }
    }
  }

  #applied<K extends Op>(op: K, node: GraphNode, attrs: unknown): Lazy {
    const inputs = node.operands.map((operand) => this.#value(operand));
    return this.#rules[op](inputs as readonly Lazy[] as OpInputs<Lazy, K>, attrs as OpAttrs<K>, node.shape, node);
  }

  /** Whether users should find the value in memory rather than compute it each for himself. */
  #worthWriting(node: GraphNode, { expr, shape }: Lazy): boolean {
    const parts = subexpressions([expr]).filter(
      ({ kind }) => kind !== "load" && kind !== "constant" && kind !== "index",
    );
    if (parts.length > MAX_EXPRESSION) return true;
    if (parts.length === 0 || (this.#uses.get(node) ?? 0) < 2) return false;
    // To compute it again must cost no more reading than to read it.
    const loads = loadsOf([expr]);
    const large = loads.filter(({ strides }) => shape.every((n, i) => n === 1 || strides[i] !== 0));
    return loads.some(({ pick }) => pick !== undefined) || large.length > 1 || parts.length > MAX_REPEATED;
  }

  readonly #rules: {
    readonly [K in Op]: (inputs: OpInputs<Lazy, K>, attrs: OpAttrs<K>, shape: Shape, node: GraphNode) => Lazy;
  } = {
    add: ([x, y], _, shape) => this.#binary("add", x, y, shape),
    mul: ([x, y], _, shape) => this.#binary("mul", x, y, shape),
    pow: ([x], { exponent }, shape) => ({ shape, expr: this.#pool.pow(x.expr, exponent) }),
    exp: ([x], _, shape) => ({ shape, expr: this.#pool.unary("exp", x.expr) }),
    log: ([x], _, shape) => ({ shape, expr: this.#pool.unary("log", x.expr) }),
    relu: ([x], _, shape) => ({ shape, expr: this.#pool.unary("relu", x.expr) }),
    step: ([x], _, shape) => ({ shape, expr: this.#pool.unary("step", x.expr) }),
    detach: ([x]) => x,

    sum: ([x], { axis }, shape) => this.#reduce("sum", x, axisOf("sum", x.shape, axis), shape),
    max: ([x], { axis }, shape) => this.#reduce("max", x, axisOf("max", x.shape, axis), shape),
    matmul: ([x, y], _, shape) => this.#matmul(x, y, shape),

    reshape: ([x], _, shape) => this.#moved(x, shape, reshaping(x.shape, shape)),
    permute: ([x], { axes }, shape) => this.#moved(x, shape, permuting(axes)),
    expand: ([x], _, shape) => this.#expanded(x, shape),
    slice: ([x], { axis, start }, shape) => this.#moved(x, shape, slicing(axisOf("slice", x.shape, axis), start)),
    concat: (inputs, { axis }, shape) => this.#concat(inputs, axisOf("concat", shape, axis), shape),

    embedding: ([table, ids], _, shape) => {
      const { buffer, offset, strides } = this.#plainLoad(table);
      const [row = 0, column = 0] = strides;
      const each = expanding([...ids.shape, 1], shape);
      const pick = {
        ids: this.#movedAccess(this.#plainLoad(ids), reshaping(ids.shape, [...ids.shape, 1]), each),
        stride: row,
      };
      return { shape, expr: this.#pool.load({ buffer, offset, strides: [...ids.shape.map(() => 0), column], pick }) };
    },
    gather: ([x, ids], _, shape) => {
      const at = this.#plainLoad(ids);
      const picked = this.#pool.replaceLeaves(x.expr, (leaf) => this.#picked(leaf, at));
      return picked === undefined ? this.#gathered(this.#realise(x), at, shape) : { shape, expr: picked };
    },
    oneHot: ([ids], _, shape) => {
      const last = this.#pool.index({ offset: 0, strides: [...ids.shape.map(() => 0), 1] });
      const id = this.#expanded(this.#moved(ids, [...ids.shape, 1], reshaping(ids.shape, [...ids.shape, 1])), shape);
      return { shape, expr: this.#pool.binary("equal", last, id.expr) };
    },
    scatter: ([x, ids], _, shape) => {
      const table = this.#buffer("table", shape, "temporary");
      const [at, target] = [this.#plainLoad(ids), this.#whole(table)];
      this.#kernels.push({ kind: "scatter", space: x.shape, ids: at, body: x.expr, target, size: sizeOf(shape) });
      return this.#loaded(table);
    },
    put: ([table, ids, rows], _, shape, node) => this.#put(table, ids, rows, shape, node),
    attention: ([q, k, v, starts, ends], _, shape) => {
      const out = this.#buffer("attention", shape, "temporary");
      this.#kernels.push({ kind: "attention", ...this.#attention(q, k, v, starts, ends), out: this.#rowsOf(out) });
      return this.#loaded(out);
    },
    attentionGrad: ([q, k, v, starts, ends, g], { of }) => {
      const operands = this.#attention(q, k, v, starts, ends);
      const upstream = this.#heads(g);
      // The three gradients of one attention come out of one kernel.
      const key = JSON.stringify([operands, upstream], (name, value) => (name === "buffer" ? value.id : value));
      let kernel = this.#gradients.get(key);
      if (kernel === undefined) {
        const table = (name: string, { shape }: Lazy): HeadRows => this.#rowsOf(this.#buffer(name, shape, "temporary"));
        const [dq, dk, dv] = [table("dq", q), table("dk", k), table("dv", v)];
        kernel = { kind: "attentionGrad", ...operands, g: upstream, dq, dk, dv };
        this.#gradients.set(key, kernel);
        this.#kernels.push(kernel);
      }
      return this.#loaded({ q: kernel.dq, k: kernel.dk, v: kernel.dv }[of].buffer);
    },
  };

  #binary(op: "add" | "mul", x: Lazy, y: Lazy, shape: Shape): Lazy {
    return { shape, expr: this.#pool.binary(op, this.#expanded(x, shape).expr, this.#expanded(y, shape).expr) };
  }

  /** Repeated to a shape; what costs much is computed before it is repeated. */
  #expanded(x: Lazy, shape: Shape): Lazy {
    if (sameShape(x.shape, shape)) return x;
    const costly = subexpressions([x.expr]).some(({ kind }) => kind === "pow" || kind === "unary");
    const repeats = sizeOf(x.shape) < sizeOf(shape);
    return this.#moved(costly && repeats ? this.#realise(x) : x, shape, expanding(x.shape, shape));
  }

  #moved(x: Lazy, shape: Shape, movement: Movement): Lazy {
    const moved = this.#pool.replaceLeaves(x.expr, (leaf) => this.#movedLeaf(leaf, movement));
    if (moved !== undefined) return { shape, expr: moved };
    const realised = this.#pool.replaceLeaves(this.#realise(x).expr, (leaf) => this.#movedLeaf(leaf, movement));
    if (realised === undefined) throw internalError(`no view of shape ${shape.join()} of ${x.shape.join()}`);
    return { shape, expr: realised };
  }

  #movedLeaf(leaf: Expr, movement: Movement): Expr | undefined {
    if (leaf.kind === "index") {
      const index = movement(leaf.index);
      return index && this.#pool.index(index);
    }
    if (leaf.kind !== "load") return leaf;
    const access = moveAccess(leaf.access, movement);
    return access && this.#pool.load(access);
  }

  #movedAccess(access: Access, ...movements: readonly Movement[]): Access {
    let moved: Access | undefined = access;
    for (const movement of movements) moved = moved && moveAccess(moved, movement);
    if (moved === undefined) throw internalError("ids that cannot be counted so");
    return moved;
  }

  #reduce(op: Reduction["op"], x: Lazy, axis: number, shape: Shape): Lazy {
    const size = x.shape[axis] ?? 1;
    const axes = [...x.shape.keys()].filter((i) => i !== axis);
    const space = axes.map((i) => x.shape[i] ?? 1);
    const body = this.#moved(x, [...space, size], permuting([...axes, axis])).expr;
    const buffer = this.#buffer(op, shape, "temporary");
    const access = moveAccess(this.#whole(buffer), permuting(axes));
    if (access === undefined) throw internalError("a reduction without a place");
    this.#kernels.push({
      kind: "map",
      space,
      reduction: { op, size, body },
      stores: [{ access, value: this.#pool.reduced() }],
    });
    return this.#loaded(buffer);
  }

  /** A sum over k of products, which the schedule will recognise. Space (..., m, n), then k. */
  #matmul(x: Lazy, y: Lazy, shape: Shape): Lazy {
    const [M = 1, N = 1] = shape.slice(-2);
    const K = x.shape.at(-1) ?? 1;
    const batch = shape.slice(0, -2);
    const whole = [...batch, M, N, K];
    const b = batch.length;
    const leading = batch.map((_, i) => i);
    // x as (..., m, 1, k), y as (..., 1, n, k), both repeated
    const left = this.#moved(
      this.#plain(x),
      [...x.shape.slice(0, -1), 1, K],
      reshaping(x.shape, [...x.shape.slice(0, -1), 1, K]),
    );
    const turned = [...Array(y.shape.length - 2).keys(), y.shape.length - 1, y.shape.length - 2];
    const transposed = this.#moved(
      this.#plain(y),
      turned.map((axis) => y.shape[axis] ?? 1),
      permuting(turned),
    );
    const rightShape = [...y.shape.slice(0, -2), 1, N, K];
    const right = this.#moved(transposed, rightShape, reshaping(transposed.shape, rightShape));
    const product = this.#pool.binary("mul", this.#expanded(left, whole).expr, this.#expanded(right, whole).expr);
    const buffer = this.#buffer("matmul", shape, "temporary");
    const access = moveAccess(this.#whole(buffer), permuting([...leading, b, b + 1]));
    if (access === undefined) throw internalError("a product without a place");
    this.#kernels.push({
      kind: "map",
      space: shape,
      reduction: { op: "sum", size: K, body: product },
      stores: [{ access, value: this.#pool.reduced() }],
    });
    return this.#loaded(buffer);
  }

  #concat(inputs: readonly Lazy[], axis: number, shape: Shape): Lazy {
    const buffer = this.#buffer("concat", shape, "temporary");
    let start = 0;
    for (const x of inputs) {
      this.#write(x, { buffer, ...slicing(axis, start)(this.#layout(shape)) } as Access);
      start += x.shape[axis] ?? 0;
    }
    return this.#loaded(buffer);
  }

  #picked(leaf: Expr, ids: Access): Expr | undefined {
    if (leaf.kind === "index") return undefined;
    if (leaf.kind !== "load") return leaf;
    const { access } = leaf;
    const stride = access.strides.at(-1) ?? 0;
    const strides = access.strides.slice(0, -1);
    if (stride !== 0 && access.pick !== undefined) return undefined;
    const inner = access.pick && {
      ...access.pick,
      ids: { ...access.pick.ids, strides: access.pick.ids.strides.slice(0, -1) },
    };
    const pick = stride === 0 ? inner : { ids, stride };
    return this.#pool.load({ buffer: access.buffer, offset: access.offset, strides, ...(pick && { pick }) });
  }

  #gathered({ expr }: Lazy, ids: Access, shape: Shape): Lazy {
    const picked = this.#pool.replaceLeaves(expr, (leaf) => this.#picked(leaf, ids));
    if (picked === undefined) throw internalError("a gather from what is not in memory");
    return { shape, expr: picked };
  }

  /** In place where the table is an input that takes this very value at the end of the run ... */
  #put(table: Lazy, ids: Lazy, rows: Lazy, shape: Shape, node: GraphNode): Lazy {
    const [source] = node.operands;
    const name = source?.source.kind === "input" ? source.source.name : undefined;
    // and nobody else reads what it was before.
    const alone = source !== undefined && this.#uses.get(source) === 1;
    const inPlace = name !== undefined && alone && this.#roots.updates[name] === node;
    const target = inPlace ? this.#inputs.get(name) : this.#buffer("put", shape, "temporary");
    if (target === undefined) throw internalError("a table that was not lowered");
    if (!inPlace) this.#write(table, this.#whole(target));
    const { offset, strides } = this.#layout(shape);
    const [row = 0, ...inner] = strides;
    const at = this.#plainLoad(ids);
    const pick = { ids: { ...at, strides: [...at.strides, ...inner.map(() => 0)] }, stride: row };
    this.#write(rows, { buffer: target, offset, strides: [0, ...inner], pick });
    return this.#loaded(target);
  }

  #attention(
    q: Lazy,
    k: Lazy,
    v: Lazy,
    starts: Lazy,
    ends: Lazy,
  ): Omit<AttentionGradKernel, "kind" | "g" | "dq" | "dk" | "dv"> {
    const [rows = 1, heads = 1, headDim = 1] = q.shape;
    const [keyRows = 1] = k.shape;
    const list = (x: Lazy): HeadRows => {
      const { buffer, offset, strides } = this.#plainLoad(x);
      return { buffer, offset, stride: strides[0] ?? 0 };
    };
    const shape = { rows, keyRows, heads, headDim, starts: list(starts), ends: list(ends) };
    return { ...shape, q: this.#heads(q), k: this.#heads(k), v: this.#heads(v) };
  }

  /** (R, H, D) in memory with the heads of a row side by side. */
  #heads(x: Lazy): HeadRows {
    const [, heads = 1, headDim = 1] = x.shape;
    const access = this.#plainLoad(x);
    const [row = 0, head = 0, channel = 0] = access.strides;
    const fits = access.pick === undefined && (heads === 1 || head === headDim) && (headDim === 1 || channel === 1);
    if (!fits) return this.#heads(this.#realise(x));
    return { buffer: access.buffer, offset: access.offset, stride: row };
  }

  #rowsOf(buffer: Buffer): HeadRows {
    return { buffer, offset: 0, stride: this.#layout(buffer.shape).strides[0] ?? 0 };
  }

  /** The value as one plain reading of memory, which it is put into if need be. */
  #plain(x: Lazy): Lazy {
    return x.expr.kind === "load" && x.expr.access.pick === undefined ? x : this.#realise(x);
  }

  #plainLoad(x: Lazy): Access {
    const { expr } = this.#plain(x);
    if (expr.kind !== "load") throw internalError("a value that is not in memory");
    return expr.access;
  }

  /** Puts the value into a buffer of its own. */
  #realise(x: Lazy): Lazy {
    if (x.expr.kind === "load" && x.expr === this.#pool.load(this.#whole(x.expr.access.buffer))) return x;
    const buffer = this.#buffer("value", x.shape, "temporary");
    this.#copy(x, buffer);
    // Users that come later find it there, those that have it inside an expression compute it again.
    for (const [node, value] of this.#values) if (value === x) this.#values.set(node, this.#loaded(buffer));
    return this.#loaded(buffer);
  }

  #copy(x: Lazy, buffer: Buffer): void {
    this.#write(x, this.#whole(buffer));
  }

  #write({ shape, expr }: Lazy, access: Access): void {
    this.#kernels.push({ kind: "map", space: shape, stores: [{ access, value: expr }] });
  }

  #loaded(buffer: Buffer): Lazy {
    return { shape: buffer.shape, expr: this.#pool.load(this.#whole(buffer)) };
  }

  #whole(buffer: Buffer): Access {
    return { buffer, ...this.#layout(buffer.shape) };
  }

  /** Row-major, with room for the most rows. */
  #layout(shape: Shape): ReturnType<typeof contiguous> {
    return contiguous(shape.map((n) => (n % ROWS === 0 ? (n / ROWS) * this.#rows : n)));
  }

  #buffer(name: string, shape: Shape, kind: Buffer["kind"]): Buffer {
    return { id: this.#buffers++, name, shape, kind };
  }
}

function moveAccess(access: Access, movement: Movement): Access | undefined {
  const moved = movement(access);
  if (moved === undefined) return undefined;
  if (access.pick === undefined) return { buffer: access.buffer, ...moved };
  const ids = moveAccess(access.pick.ids, movement);
  return ids && { buffer: access.buffer, ...moved, pick: { ids, stride: access.pick.stride } };
}
