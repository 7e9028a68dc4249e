/**
 * Lowers a graph of tensor operations to kernels. Entry-by-entry operations are not computed at once: a node's value
 * stays an expression over buffers until it must be in memory (for a matrix product, several users, an output). Views
 * are never copied if another indexing will do.
 */

import { type GraphNode, topologicalOrder } from "../graph/graph-node.ts";
import type { Op, OpAttrs, OpInputs } from "../tensor/ops.ts";
import type { Cell } from "../util/cells.ts";
import { internalError } from "../util/errors.ts";
import { sameShape } from "../util/shape.ts";
import { type Buffer, type Expr, type ExprPool, type Kernel, loadsOf, sameAccess, subexpressions } from "./kernel.ts";
import type { Result } from "./lazy-tensor.ts";
import { rules } from "./lower-rules.ts";
import { type Lazy, Memory } from "./memory.ts";
import type { Room } from "./target.ts";

/** The results of a program. */
export interface Roots {
  /** Results that can be read after a run. */
  readonly outputs: Readonly<Record<string, GraphNode>>;
  /** Inputs that get a new value at the end of a run: weights, moments, caches. */
  readonly updates: Readonly<Record<string, GraphNode>>;
  /** Outputs (one number each) that must be finite; otherwise the run ends before any update. */
  readonly guards?: readonly string[];
  /** Cells of inputs that no run updates. Default: f32. */
  readonly cells?: Readonly<Record<string, Cell>>;
}

export interface Lowered {
  readonly kernels: readonly Kernel[];
  readonly inputs: ReadonlyMap<string, Buffer>;
  readonly outputs: ReadonlyMap<string, Buffer>;
  readonly constants: readonly Buffer[];
  /** Buffers that must be ready before an input is updated. */
  readonly guards: readonly Buffer[];
  readonly pool: ExprPool;
}

/** The kernels in an order in which they can run. */
export function lower(roots: Roots, room: Room): Lowered {
  return new Lowering(roots, room).run();
}

class Lowering {
  readonly #roots: Roots;
  readonly #memory: Memory;
  readonly #uses = new Map<GraphNode, number>();
  readonly #values = new Map<GraphNode, Lazy>();
  readonly #inputs = new Map<string, Buffer>();

  constructor(roots: Roots, room: Room) {
    this.#roots = roots;
    this.#memory = new Memory(room);
  }

  run(): Lowered {
    const { outputs, updates, guards = [] } = this.#roots;
    const ends = [...Object.values(outputs), ...Object.values(updates)];
    const order = topologicalOrder(ends);
    for (const node of [...order.flatMap(({ operands }) => operands), ...ends]) {
      this.#uses.set(node, (this.#uses.get(node) ?? 0) + 1);
    }
    for (const node of order) this.#values.set(node, this.#lowered(node));
    const outputBuffers = new Map(Object.entries(outputs).map(([name, node]) => [name, this.#output(name, node)]));
    this.#update();
    const { kernels, constants, pool } = this.#memory;
    return {
      ...{ kernels, constants, pool, inputs: this.#inputs, outputs: outputBuffers },
      guards: guards.flatMap((name) => outputBuffers.get(name) ?? []),
    };
  }

  #output(name: string, node: GraphNode): Buffer {
    if (this.#inputs.has(name)) throw internalError(`input and output are both called ${name}`);
    const buffer = this.#memory.buffer(name, node.shape, "output");
    this.#memory.write(this.#value(node), this.#memory.whole(buffer));
    return buffer;
  }

  /** Stores the new values of inputs. A value that reads an input overwritten earlier is computed beforehand. */
  #update(): void {
    const memory = this.#memory;
    const overwritten = new Set<Buffer>();
    const updates = Object.entries(this.#roots.updates).flatMap(([name, node]) => {
      const [place, value] = [memory.whole(this.#input(name, node)), this.#value(node)];
      // A value written in place is already there.
      if (value.expr === memory.pool.load(place)) return [];
      const late = loadsOf([value.expr]).some(
        (load) => overwritten.has(load.buffer) || (load.buffer === place.buffer && !sameAccess(load, place)),
      );
      overwritten.add(place.buffer);
      return { place, value: late ? memory.copied(value) : value };
    });
    for (const { place, value } of updates) memory.write(value, place);
  }

  #input(name: string, { shape }: GraphNode): Buffer {
    const known = this.#inputs.get(name);
    if (known !== undefined && !sameShape(known.shape, shape)) throw internalError(`two shapes of input ${name}`);
    const buffer = known ?? this.#memory.buffer(name, shape, "input", this.#cellOf(name));
    this.#inputs.set(name, buffer);
    return buffer;
  }

  #cellOf(name: string): Cell {
    const { cells = {}, updates } = this.#roots;
    const cell = cells[name] ?? "f32";
    if (cell !== "f32" && name in updates) throw internalError(`an update of ${name}, whose cells are ${cell}`);
    if (!this.#memory.target.cells.includes(cell)) throw internalError(`no kernel reads cells of ${cell}`);
    return cell;
  }

  #value(node: GraphNode): Lazy {
    const value = this.#values.get(node);
    if (value === undefined) throw internalError("an operand that was not lowered");
    return value;
  }

  #lowered(node: GraphNode): Lazy {
    const { source, shape } = node;
    const memory = this.#memory;
    switch (source.kind) {
      case "input":
        return memory.loaded(this.#input(source.name, node));
      case "constant":
        return memory.known(shape, source.data);
      case "op": {
        const value = this.#applied(source.op, node, source.attrs);
        return this.#worthWriting(node, value) ? memory.realise(value) : value;
      }
    }
  }

  #applied<K extends Op>(op: K, node: GraphNode, attrs: unknown): Lazy {
    const inputs = node.operands.map((operand) => this.#value(operand)) as readonly Lazy[] as OpInputs<Lazy, K>;
    const table = this.#updatable(node);
    const result: Result = { shape: node.shape, ...(table && { table }) };
    return rules[op](this.#memory, inputs, attrs as OpAttrs<K>, result);
  }

  /** The table that a `put` may write to: an input whose new value this is, and that has no other reader. */
  #updatable({ source, operands: [table] }: GraphNode): Buffer | undefined {
    if (source.kind !== "op" || source.op !== "put" || table?.source.kind !== "input") return undefined;
    const { updates, guards = [] } = this.#roots;
    const alone = this.#uses.get(table) === 1 && guards.length === 0;
    const updated = updates[table.source.name];
    return alone && updated?.source === source ? this.#inputs.get(table.source.name) : undefined;
  }

  /** True if users should read the value from memory instead of computing it again. */
  #worthWriting(node: GraphNode, { expr, shape }: Lazy): boolean {
    const parts = countOperations(expr);
    const { largestExpression, largestRepeated } = this.#memory.target;
    if (parts > largestExpression) return true;
    if (parts === 0 || (this.#uses.get(node) ?? 0) < 2) return false;
    // Computing it again must not cost more reads than reading it.
    const loads = loadsOf([expr]);
    const large = loads.filter(({ strides }) => shape.every((n, i) => n === 1 || strides[i] !== 0));
    return loads.some(({ pick }) => pick !== undefined) || large.length > 1 || parts > largestRepeated;
  }
}

function countOperations(expr: Expr): number {
  let count = 0;
  for (const { kind } of subexpressions([expr]))
    if (kind !== "load" && kind !== "constant" && kind !== "index") count++;
  return count;
}
