/** The primitives of expressions as WebAssembly: values of four points, or of one point four times. */

import type { Access, Affine, BinaryOp, UnaryOp } from "../../../compile/kernel.ts";
import { internalError } from "../../../util/errors.ts";
import type { Emitter } from "../../expression.ts";
import type { FunctionBuilder } from "../asm/assembler.ts";
import { type Code, f32, f32x4, get, i32, type Local, madd, type Rounding, tee, v128 } from "../asm/instructions.ts";
import { erf, exp, hash, log, pow, sigmoid } from "../asm/math.ts";
import { further, type Lanes, type Pointers } from "./pointers.ts";

export class WasmEmitter implements Emitter<Code, Lanes> {
  readonly #fn: FunctionBuilder;
  readonly #rounding: Rounding;
  readonly #pointers: Pointers;
  readonly #slots: Local[] = [];
  /** The result of the kernel's reduction, once there is one. */
  reduction: Code | undefined;

  constructor(fn: FunctionBuilder, rounding: Rounding, pointers: Pointers) {
    this.#fn = fn;
    this.#rounding = rounding;
    this.#pointers = pointers;
  }

  /** The local of a slot. */
  variable(slot: number): Local {
    const local = this.#slots[slot] ?? this.#fn.local("v128");
    this.#slots[slot] = local;
    return local;
  }

  keep(value: Code, slot: number): { first: Code; again: Code } {
    const local = this.variable(slot);
    return { first: tee(local, value), again: get(local) };
  }

  load(access: Access, at: Lanes): Code {
    const pointers = this.#pointers;
    const pointer = get(pointers.of(access));
    const offset = pointers.offset(access, at);
    const stride = pointers.stride(access);
    if (pointers.picksLanes(access)) {
      return range(at.valid).reduce((vector: Code, lane) => {
        const row = pointers.pickedRow(access, further(at, lane));
        return v128.loadLane(i32.add(pointer, row), vector, lane, offset + 4 * lane * stride);
      }, f32x4.const(0));
    }
    if (stride === 0) return v128.loadSplat(pointer, offset);
    if (at.valid === 1) return v128.loadZero(pointer, offset);
    if (stride === 1) return v128.load(pointer, offset);
    return range(at.valid - 1).reduce(
      (vector: Code, i) => v128.loadLane(pointer, vector, i + 1, offset + 4 * (i + 1) * stride),
      v128.loadZero(pointer, offset),
    );
  }

  constant(value: number): Code {
    return f32x4.const(value);
  }

  index(index: Affine, { along = 0, across }: Lanes): Code {
    const stride = this.#pointers.stride(index);
    const apart = stride * along + (across === undefined ? 0 : across.by * (index.strides[across.axis] ?? 0));
    const first = f32x4.splat(f32.convertI32(i32.add(get(this.#pointers.counter(index)), i32.const(apart))));
    return stride === 0 ? first : f32x4.add(first, v128.floats(0, stride, 2 * stride, 3 * stride));
  }

  reduced(): Code {
    if (this.reduction === undefined) throw internalError("a reduction's result before the reduction");
    return this.reduction;
  }

  unary(op: UnaryOp, x: Code): Code {
    switch (op) {
      case "exp":
        return exp(this.#fn, this.#rounding, x);
      case "log":
        return log(this.#fn, this.#rounding, x);
      case "sigmoid":
        return sigmoid(this.#fn, this.#rounding, x);
      case "erf":
        return erf(this.#fn, this.#rounding, x);
      case "relu":
        // pmax would give 0 for NaN in one order and NaN in the other: a NaN must stay one.
        return f32x4.max(x, f32x4.const(0));
      case "step":
        return v128.and(f32x4.gt(x, f32x4.const(0)), f32x4.const(1));
    }
  }

  pow(x: Code, exponent: number): Code {
    return pow(this.#fn, this.#rounding, x, exponent);
  }

  binary(op: BinaryOp, x: Code, y: Code): Code {
    if (op === "equal") return v128.and(f32x4.eq(x, y), f32x4.const(1));
    if (op === "hash") return hash(this.#fn, x, y);
    return f32x4[op](x, y);
  }

  multiplyAdd(x: Code, y: Code, sum: Code): Code {
    return madd(this.#rounding, x, y, sum);
  }
}

function range(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i);
}
