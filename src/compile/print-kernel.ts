import type { Dims } from "../util/shape.ts";
import {
  type Access,
  type Affine,
  type Buffer,
  type Expr,
  type Kernel,
  type LibraryKernel,
  type MapKernel,
  operandsOf,
  type Reduction,
  subexpressions,
} from "./kernel.ts";
import { library } from "./library.ts";
import type { Routine, Table } from "./routines.ts";

const LETTERS = "ijklmnpq";

const SIGNS = { add: "+", mul: "*", div: "/", equal: "==" } as const;

/**
 * Kernels as text: `for i<R j<16: y[16i+j] = sum(k<16: x[16i+k] * w[16j+k])`. Buffers other than inputs and outputs
 * have a number after their name. Expressions used more than once, and the result of the reduction, are named before:
 * `let a = ...`; several stores are below each other. Brackets after a buffer contain the entry's position,
 * `w[16ids[i]+j]` where an id selects the row.
 */
export function printKernels(kernels: readonly Kernel[]): string {
  const printer = new Printer();
  return kernels.map((kernel) => printer.kernel(kernel)).join("\n");
}

/** The same with the kernels' numbers before them, from 0, as the memory plan uses them. */
export function printNumberedKernels(kernels: readonly Kernel[]): string {
  const printer = new Printer();
  const width = `${kernels.length - 1}`.length;
  const numbered = (text: string, i: number): string =>
    text
      .split("\n")
      .map((line, n) => `${n === 0 ? `${i}`.padStart(width) : " ".repeat(width)}  ${line}`)
      .join("\n");
  return kernels.map((kernel, i) => numbered(printer.kernel(kernel), i)).join("\n");
}

/** The buffers' names in `printKernels`. */
export function namesOf(kernels: readonly Kernel[]): ReadonlyMap<Buffer, string> {
  const printer = new Printer();
  for (const kernel of kernels) printer.kernel(kernel);
  return printer.names;
}

class Printer {
  readonly #names = new Map<Buffer, string>();
  readonly #counts = new Map<string, number>();

  get names(): ReadonlyMap<Buffer, string> {
    return this.#names;
  }

  kernel(kernel: Kernel): string {
    switch (kernel.kind) {
      case "map":
        return this.#map(kernel);
      case "scatter": {
        const { space, target, ids, body } = kernel;
        const width = space.at(-1) ?? 1;
        const place = [`${width}${this.#access(ids)}`, LETTERS[space.length - 1], ...offsetOf(target)].join("+");
        const zeros = `${this.#name(target.buffer)}[${target.offset}..${target.offset + kernel.size}] = 0`;
        return `${zeros}; ${loops(space)}${this.#name(target.buffer)}[${place}] += ${this.#expr(body, new Map())}`;
      }
      case "library":
        return this.#routine(kernel);
    }
  }

  #map({ space, reduction, stores }: MapKernel): string {
    const names = new Map<Expr, string>();
    const lines: string[] = [];
    const values = stores.map(({ value }) => value);
    const uses = usesWithin(values);
    for (const e of subexpressions(values)) {
      const often = (uses.get(e) ?? 0) > 1;
      if (e.kind !== "reduced" && !(often && operandsOf(e).length > 0)) continue;
      const text = e.kind === "reduced" ? this.#reduction(space, reduction) : this.#expr(e, names);
      const name = `t${lines.length}`;
      if (often) lines.push(`let ${name} = ${text}`);
      names.set(e, often ? name : text);
    }
    for (const { access, value } of stores) lines.push(`${this.#access(access)} = ${this.#expr(value, names)}`);
    if (lines.length === 1) return `${loops(space)}${lines[0]}`;
    return [loops(space).trim() || "once:", ...lines.map((line) => `  ${line}`)].join("\n");
  }

  #reduction(space: Dims, reduction: Reduction | undefined): string {
    if (reduction === undefined) return "nothing";
    const { op, size, body } = reduction;
    return `${op}(${LETTERS[space.length]}<${size}: ${this.#expr(body, new Map())})`;
  }

  #routine<K extends Routine>({ routine, sizes, reads, writes }: LibraryKernel<K>): string {
    const { loops, shown } = library[routine];
    const list = (tables: readonly Table<Buffer>[]): string =>
      tables.map(({ buffer }) => this.#name(buffer)).join(", ");
    return `${loops(sizes)}${list(Object.values(writes))} = ${routine}(${list(shown.map((name) => reads[name]))})`;
  }

  #access({ buffer, offset, strides, pick }: Access): string {
    const row = pick === undefined ? [] : [`${pick.stride === 1 ? "" : pick.stride}${this.#access(pick.ids)}`];
    const terms = [...row, ...termsOf({ offset, strides })];
    return `${this.#name(buffer)}[${terms.length === 0 ? "0" : terms.join("+")}]`;
  }

  #expr(e: Expr, names: ReadonlyMap<Expr, string>): string {
    const name = names.get(e);
    if (name !== undefined) return name;
    const operand = (x: Expr): string =>
      x.kind === "binary" && x.op !== "hash" && !names.has(x) ? `(${this.#expr(x, names)})` : this.#expr(x, names);
    switch (e.kind) {
      case "load":
        return this.#access(e.access);
      case "constant":
        return `${Number(e.value.toPrecision(6))}`;
      case "index":
        return termsOf(e.index).join("+") || "0";
      case "reduced":
        return "reduced";
      case "unary":
        return `${e.op}(${this.#expr(e.x, names)})`;
      case "pow":
        return `${operand(e.x)}^${e.exponent}`;
      case "binary":
        if (e.op === "hash") return `hash(${this.#expr(e.x, names)}, ${this.#expr(e.y, names)})`;
        return `${operand(e.x)} ${SIGNS[e.op]} ${operand(e.y)}`;
    }
  }

  #name(buffer: Buffer): string {
    const known = this.#names.get(buffer);
    if (known !== undefined) return known;
    const count = this.#counts.get(buffer.name) ?? 0;
    this.#counts.set(buffer.name, count + 1);
    const name = buffer.kind === "input" || buffer.kind === "output" ? buffer.name : `${buffer.name}${count}`;
    this.#names.set(buffer, name);
    return name;
  }
}

/** The number of uses of each expression in the others. */
function usesWithin(roots: readonly Expr[]): Map<Expr, number> {
  const uses = new Map<Expr, number>();
  const use = (e: Expr): void => void uses.set(e, (uses.get(e) ?? 0) + 1);
  for (const e of subexpressions(roots)) operandsOf(e).forEach(use);
  roots.forEach(use);
  return uses;
}

function loops(space: Dims): string {
  if (space.length === 0) return "";
  return `for ${space.map((n, axis) => `${LETTERS[axis]}<${n}`).join(" ")}: `;
}

function termsOf({ offset, strides }: Affine): string[] {
  const terms = strides.flatMap((stride, axis) =>
    stride === 0 ? [] : [`${stride === 1 ? "" : stride}${LETTERS[axis]}`],
  );
  return [...terms, ...offsetOf({ offset })];
}

function offsetOf({ offset }: { offset: number }): string[] {
  return offset === 0 ? [] : [`${offset}`];
}
