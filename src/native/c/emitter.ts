/** The primitives of expressions as C: floats where a value is the same for all lanes, vectors where it is not. */

import type { Emitter } from "../../backend/expression.ts";
import { picksAlong, strideAlong } from "../../backend/expression.ts";
import type { Access, Affine, BinaryOp, UnaryOp } from "../../compile/kernel.ts";
import { internalError } from "../../util/errors.ts";
import type { Code } from "./code.ts";
import { float } from "./prelude.ts";

/** The points of a value: one, or those of a vector's lanes along an axis, of which `valid` are points. */
export interface At {
  /** C expressions of the first point's coordinates. */
  readonly coordinates: readonly string[];
  readonly vectorAxis?: number | undefined;
  /** C expression of a number of lanes. Required with an axis. */
  readonly valid?: string;
}

/** Names of the arguments that point to a kernel's buffers. */
export type NameOf = (access: Access) => string;

export class CEmitter implements Emitter<string, At> {
  readonly #code: Code;
  readonly #nameOf: NameOf;
  readonly #wide: boolean;
  /** The name of the reduction's result, once there is one. */
  reduction: string | undefined;

  /** `wide`: functions take vectors, floats among their operands become vectors; otherwise all values are floats. */
  constructor(code: Code, nameOf: NameOf, wide: boolean) {
    this.#code = code;
    this.#nameOf = nameOf;
    this.#wide = wide;
  }

  keep(value: string): { first: string; again: string } {
    const name = this.#code.define(value);
    return { first: name, again: name };
  }

  load(access: Access, at: At): string {
    if (access.buffer.cell !== "f32") throw internalError(`a load of ${access.buffer.cell} outside of a product`);
    const { vectorAxis, valid = "W" } = at;
    const stride = strideAlong(access, vectorAxis);
    if (picksAlong(access, vectorAxis)) {
      return `gather_rows(${this.#plain(access, at)}, ${stride}, ${this.#rows(access, at)}, ${valid})`;
    }
    const pointer = this.pointer(access, at);
    if (stride === 0) return `*(${pointer})`;
    return stride === 1 ? `load(${pointer})` : `gather(${pointer}, ${stride}, ${valid})`;
  }

  /** Stores a value at the points. */
  store(access: Access, value: string, at: At): string {
    const { vectorAxis, valid = "W" } = at;
    if (vectorAxis === undefined) return `*(${this.pointer(access, at)}) = ${value};`;
    const stride = strideAlong(access, vectorAxis);
    if (picksAlong(access, vectorAxis)) {
      return `scatter_rows(${this.#plain(access, at)}, ${stride}, ${this.#rows(access, at)}, vec(${value}), ${valid});`;
    }
    const pointer = this.pointer(access, at);
    return stride === 1
      ? `store(${pointer}, vec(${value}), ${valid});`
      : `scatter(${pointer}, ${stride}, vec(${value}), ${valid});`;
  }

  /** The address of the first point's entry. */
  pointer(access: Access, at: At): string {
    const plain = this.#plain(access, at);
    const { pick } = access;
    return pick === undefined ? plain : `${plain} + (I)*(${this.pointer(pick.ids, at)}) * ${pick.stride}`;
  }

  constant(value: number): string {
    return float(value);
  }

  index(index: Affine, { coordinates, vectorAxis }: At): string {
    const stride = strideAlong(index, vectorAxis);
    const number = `(F)(int)(${affine(index, coordinates)})`;
    return stride === 0 ? number : `(${number} + ${float(stride)} * __builtin_convertvector(LANE, V))`;
  }

  reduced(): string {
    if (this.reduction === undefined) throw internalError("a reduction's result before the reduction");
    return this.reduction;
  }

  unary(op: UnaryOp, x: string): string {
    return this.#call(op, x);
  }

  /**
   * Exponents that are whole or end in ½ are products, with at most one root and one division; others are exp(exponent
   * log(x)).
   */
  pow(x: string, exponent: number): string {
    const magnitude = Math.abs(exponent);
    const whole = Math.floor(magnitude);
    if (exponent === 0) return float(1);
    if (magnitude !== whole && magnitude !== whole + 0.5) {
      return this.#call("exp", `${float(exponent)} * ${this.#call("log", x)}`);
    }
    const base = this.#code.define(x);
    const root = magnitude === whole ? undefined : this.#call("sqrt", base);
    // The binary digits of the whole part from the second on: each squares, and a 1 also multiplies by x.
    const digits = whole === 0 ? [] : [...whole.toString(2)].slice(1);
    const power = digits.reduce((y, digit) => {
      const square = this.#code.define(`${y} * ${y}`);
      return digit === "0" ? square : this.#code.define(`${square} * ${base}`);
    }, base);
    const result = root === undefined ? power : whole === 0 ? root : `(${power} * ${root})`;
    return exponent > 0 ? result : `(1.f / ${result})`;
  }

  binary(op: BinaryOp, x: string, y: string): string {
    switch (op) {
      case "add":
        return `(${x} + ${y})`;
      case "mul":
        return `(${x} * ${y})`;
      case "div":
        return `(${x} / ${y})`;
      default:
        return this.#call(op, x, y);
    }
  }

  multiplyAdd(x: string, y: string, sum: string): string {
    return `(${x} * ${y} + ${sum})`;
  }

  #call(name: string, ...operands: readonly string[]): string {
    if (!this.#wide) return `${name}_1(${operands.join(", ")})`;
    return `${name}_v(${operands.map((x) => `vec(${x})`).join(", ")})`;
  }

  /** The address without the row that an id selects. */
  #plain(access: Access, { coordinates }: At): string {
    return `${this.#nameOf(access)} + (${affine(access, coordinates)})`;
  }

  /** The ids of a vector's lanes, and the entries of a row that each selects. */
  #rows({ pick }: Access, at: At): string {
    if (pick === undefined) throw internalError("an access that picks nothing");
    return `${this.#plain(pick.ids, at)}, ${strideAlong(pick.ids, at.vectorAxis)}, ${pick.stride}`;
  }
}

/** offset + Σ stride · coordinate */
function affine({ offset, strides }: Affine, coordinates: readonly string[]): string {
  const terms = strides.flatMap((stride, axis) => {
    const coordinate = coordinates[axis];
    if (stride === 0 || coordinate === undefined || coordinate === "0") return [];
    return [stride === 1 ? `(${coordinate})` : `(${coordinate}) * ${stride}`];
  });
  return [...(offset === 0 && terms.length > 0 ? [] : [String(offset)]), ...terms].join(" + ");
}
