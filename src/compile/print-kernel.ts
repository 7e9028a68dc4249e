import { ROWS, type Shape } from "../util/shape.ts";
import type { Access, Affine, Buffer, Expr, HeadRows, Kernel } from "./kernel.ts";

const LETTERS = "ijklmnpq";

/**
 * Kernels as text, one a line: `for i<R j<16: x3[i,j] = sum(k<16: x1[16i+k] * wq[16j+k])`. Names are those of the buffers with
 * their numbers where a name is used twice.
 */
export function printKernels(kernels: readonly Kernel[]): string {
  const printer = new Printer();
  return kernels.map((kernel) => printer.kernel(kernel)).join("\n");
}

/** A size in which ROWS is `R`. */
export function showSize(n: number): string {
  if (n % ROWS !== 0) return `${n}`;
  return n === ROWS ? "R" : `${n / ROWS}R`;
}

class Printer {
  readonly #names = new Map<Buffer, string>();
  readonly #taken = new Map<string, number>();

  kernel(kernel: Kernel): string {
    switch (kernel.kind) {
      case "map": {
        const { space, reduction, stores } = kernel;
        const loops = this.#loops(space);
        const last = LETTERS[space.length] ?? "?";
        const reduced =
          reduction === undefined
            ? ""
            : `${reduction.op}(${last}<${showSize(reduction.size)}: ${this.#expr(reduction.body, "")})`;
        return `${loops}${stores.map(({ access, value }) => `${this.#access(access)} = ${this.#expr(value, reduced)}`).join("; ")}`;
      }
      case "scatter": {
        const rows = this.#loops(kernel.space);
        const c = LETTERS[kernel.space.length - 1] ?? "?";
        return `${rows}${this.#name(kernel.target.buffer)}[${this.#access(kernel.ids)}, ${c}] += ${this.#expr(kernel.body, "")}`;
      }
      case "attention": {
        const { q, k, v, out, rows, heads, headDim } = kernel;
        return `for r<${showSize(rows)} h<${heads} d<${headDim}: ${this.#list([out])} = attention(${this.#list([q, k, v])})`;
      }
      case "attentionGrad": {
        const { q, k, v, g, dq, dk, dv, rows, heads, headDim } = kernel;
        return `for r<${showSize(rows)} h<${heads} d<${headDim}: ${this.#list([dq, dk, dv])} = attentionGrad(${this.#list([q, k, v, g])})`;
      }
    }
  }

  #loops(space: Shape): string {
    if (space.length === 0) return "";
    return `for ${space.map((n, axis) => `${LETTERS[axis]}<${showSize(n)}`).join(" ")}: `;
  }

  #list(tables: readonly HeadRows[]): string {
    return tables.map(({ buffer }) => this.#name(buffer)).join(", ");
  }

  #access(access: Access): string {
    const { pick } = access;
    const picked = pick === undefined ? "" : `${pick.stride === 1 ? "" : pick.stride}${this.#access(pick.ids)}`;
    const place = [picked, affine(access)].filter((text) => text !== "" && text !== "0").join("+");
    return `${this.#name(access.buffer)}[${place === "" ? "0" : place}]`;
  }

  #expr(e: Expr, reduced: string): string {
    switch (e.kind) {
      case "load":
        return this.#access(e.access);
      case "constant":
        return `${Number(e.value.toPrecision(6))}`;
      case "index":
        return `(${affine(e.index)})`;
      case "reduced":
        return reduced;
      case "unary":
        return `${e.op}(${this.#expr(e.x, reduced)})`;
      case "pow":
        return `${this.#operand(e.x, reduced)}^${e.exponent}`;
      case "binary": {
        const sign = { add: "+", mul: "*", div: "/", equal: "==" }[e.op];
        return `${this.#operand(e.x, reduced)} ${sign} ${this.#operand(e.y, reduced)}`;
      }
    }
  }

  #operand(e: Expr, reduced: string): string {
    const text = this.#expr(e, reduced);
    return e.kind === "binary" ? `(${text})` : text;
  }

  #name(buffer: Buffer): string {
    const known = this.#names.get(buffer);
    if (known !== undefined) return known;
    const count = this.#taken.get(buffer.name) ?? 0;
    this.#taken.set(buffer.name, count + 1);
    const name = buffer.kind === "input" || buffer.kind === "output" ? buffer.name : `${buffer.name}${count}`;
    this.#names.set(buffer, name);
    return name;
  }
}

function affine({ offset, strides }: Affine): string {
  const terms = strides.flatMap((stride, axis) => {
    if (stride === 0) return [];
    return [`${stride === 1 ? "" : stride}${LETTERS[axis]}`];
  });
  if (offset !== 0 || terms.length === 0) terms.push(`${offset}`);
  return terms.join("+");
}
