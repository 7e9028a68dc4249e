/** A pointer for each access of a kernel, which follows the loops. */

import { type Access, type Affine, accessKey, type Buffer } from "../../../compile/kernel.ts";
import { internalError } from "../../../util/errors.ts";
import { picksAlong, strideAlong } from "../../expression.ts";
import type { FunctionBuilder } from "../asm/assembler.ts";
import { type Code, f32, get, i32, type Local, set } from "../asm/instructions.ts";

/** Byte addresses (i32) of the buffers that a kernel touches. */
export type Bases = ReadonlyMap<Buffer, Local>;

/** i32 locals that hold coordinates; undefined if the coordinate is 0 and offsets are used. */
export type Coordinates = readonly (Local | undefined)[];

/**
 * The points of a vector's lanes: the distance of the first from the pointers' point, along the vector axis and, in
 * tiles, another.
 */
export interface Lanes {
  readonly along?: number;
  readonly across?: { readonly axis: number; readonly by: number };
  /** The number of lanes that have points, from the first on. */
  readonly valid: number;
}

/** The same lanes some points further along the vector axis. */
export function further(at: Lanes, by: number): Lanes {
  return { ...at, along: (at.along ?? 0) + by };
}

export class Pointers {
  readonly #fn: FunctionBuilder;
  readonly #bases: Bases;
  /** The axis of the lanes; undefined if all four have the same point. */
  readonly #vectorAxis: number | undefined;
  readonly #pointers = new Map<string, { readonly access: Access; readonly local: Local }>();
  readonly #counters = new Map<string, { readonly index: Affine; readonly local: Local }>();

  constructor(fn: FunctionBuilder, bases: Bases, vectorAxis: number | undefined) {
    this.#fn = fn;
    this.#bases = bases;
    this.#vectorAxis = vectorAxis;
  }

  /** The distance of neighboring lanes, in a buffer or as a number. */
  stride(affine: Affine): number {
    return strideAlong(affine, this.#vectorAxis);
  }

  /** True if the four lanes are in rows that four different ids select. */
  picksLanes(access: Access): boolean {
    return picksAlong(access, this.#vectorAxis);
  }

  /** The local that points to an access; if each lane selects its own row, without that row. */
  of(access: Access): Local {
    const key = accessKey(access);
    const pointer = this.#pointers.get(key) ?? { access, local: this.#fn.local("i32") };
    this.#pointers.set(key, pointer);
    return pointer.local;
  }

  /** The local that holds a number made of the coordinates. */
  counter(index: Affine): Local {
    const key = `${index.offset}+${index.strides.join()}`;
    const counter = this.#counters.get(key) ?? { index, local: this.#fn.local("i32") };
    this.#counters.set(key, counter);
    return counter.local;
  }

  /** Code that moves the pointers of accesses, and the counters, to a point. */
  moveTo(coordinates: Coordinates, accesses: Iterable<Access>, indices: Iterable<Affine>): Code {
    const code: Code[] = [];
    for (const access of accesses) code.push(set(this.of(access), this.#address(access, coordinates)));
    for (const index of indices) {
      code.push(set(this.counter(index), linear(index.strides, coordinates, i32.const(index.offset))));
    }
    return code;
  }

  /** Code that moves everything along an axis. */
  advance(axis: number, by: number): Code {
    const code: Code[] = [];
    const bump = (local: Local, n: number): void => {
      if (n !== 0) code.push(set(local, i32.add(get(local), i32.const(n))));
    };
    for (const { access, local } of this.#pointers.values()) bump(local, 4 * by * (access.strides[axis] ?? 0));
    for (const { index, local } of this.#counters.values()) bump(local, by * (index.strides[axis] ?? 0));
    return code;
  }

  /** Bytes from the pointer of an access to a point. */
  offset(access: Access, { along = 0, across }: Lanes): number {
    const other = across === undefined ? 0 : across.by * (access.strides[across.axis] ?? 0);
    return 4 * (along * this.stride(access) + other);
  }

  /** Bytes from the pointer of an access to the row that the id at a point selects. */
  pickedRow({ pick }: Access, at: Lanes): Code {
    if (pick === undefined) throw internalError("an access that picks nothing");
    const id = f32.load(get(this.of(pick.ids)), this.offset(pick.ids, at));
    return i32.mul(i32.truncSatF32(id), i32.const(4 * pick.stride));
  }

  #address(access: Access, coordinates: Coordinates): Code {
    const address = plainAddress(this.#bases, access, coordinates);
    if (access.pick === undefined || this.picksLanes(access)) return address;
    const id = f32.load(plainAddress(this.#bases, access.pick.ids, coordinates));
    return i32.add(address, i32.mul(i32.truncSatF32(id), i32.const(4 * access.pick.stride)));
  }
}

/** Byte address of an access at a point, without the row that it selects. */
export function plainAddress(bases: Bases, { buffer, offset, strides }: Access, coordinates: Coordinates): Code {
  const base = bases.get(buffer);
  if (base === undefined) throw internalError(`buffer ${buffer.name} without an address`);
  const start = offset === 0 ? get(base) : i32.add(get(base), i32.const(4 * offset));
  return linear(
    strides.map((stride) => 4 * stride),
    coordinates,
    start,
  );
}

/** start + Σ stride · coordinate */
function linear(strides: readonly number[], coordinates: Coordinates, start: Code): Code {
  return strides.reduce((sum: Code, stride, axis) => {
    const coordinate = coordinates[axis];
    if (coordinate === undefined || stride === 0) return sum;
    return i32.add(sum, stride === 1 ? get(coordinate) : i32.mul(get(coordinate), i32.const(stride)));
  }, start);
}
