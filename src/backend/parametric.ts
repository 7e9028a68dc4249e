/**
 * Kernels as functions of addresses, so that the layers of a GPT, whose kernels differ only in addresses, share their
 * code.
 */

import {
  type Access,
  accessKey,
  type Buffer,
  type Expr,
  ExprPool,
  type Kernel,
  type LibraryKernel,
} from "../compile/kernel.ts";
import type { Table } from "../compile/routines.ts";
import type { Cell } from "../util/cells.ts";

/** The address of a parameter in one kernel, as an offset in entries into a buffer. */
export interface Argument {
  readonly buffer: Buffer;
  readonly offset: number;
  /** The buffer that represents it in the kernel. */
  readonly parameter: Buffer;
}

/**
 * A kernel as a function: it reads and writes parameters instead of buffers, so kernels with the same effect are equal.
 */
export interface ParametricKernel {
  readonly kernel: Kernel;
  readonly args: readonly Argument[];
  /** Equal for kernels with the same effect. */
  readonly key: string;
}

export function parametric(kernel: Kernel): ParametricKernel {
  const args = new Map<string, Argument>();
  const pool = new ExprPool();

  const parameterOf = (buffer: Buffer, offset: number): Buffer => {
    const key = `${buffer.id}+${offset}`;
    const argument = args.get(key) ?? { buffer, offset, parameter: parameter(args.size, buffer.cell) };
    args.set(key, argument);
    return argument.parameter;
  };
  const access = ({ buffer, offset, strides, pick }: Access): Access => ({
    buffer: parameterOf(buffer, offset),
    offset: 0,
    strides,
    ...(pick && { pick: { ids: access(pick.ids), stride: pick.stride } }),
  });
  const leaf = (e: Expr): Expr => {
    switch (e.kind) {
      case "load":
        return pool.load(access(e.access));
      case "constant":
        return pool.constant(e.value);
      case "index":
        return pool.index(e.index);
      default:
        return pool.reduced();
    }
  };
  const expr = (e: Expr): Expr => pool.replaceLeaves(e, leaf) ?? e;
  const table = ({ buffer, offset, stride }: Table<Buffer>): Table<Buffer> => ({
    buffer: parameterOf(buffer, offset),
    offset: 0,
    stride,
  });

  const same = rewritten(kernel, access, expr, table);
  return { kernel: same, args: [...args.values()], key: `${keyOf(same)} where ${pool.key}` };
}

/** A complete description of a kernel as text, with numbers for its expressions. */
function keyOf(kernel: Kernel): string {
  switch (kernel.kind) {
    case "map": {
      const { space, reduction, stores } = kernel;
      const sum = reduction && `${reduction.op} ${reduction.size} ${reduction.body.id}`;
      return `${space.join()} ${sum}: ${stores.map(({ access, value }) => `${accessKey(access)} = ${value.id}`).join()}`;
    }
    case "scatter": {
      const { space, ids, body, target, size } = kernel;
      return `scatter ${space.join()} ${accessKey(ids)} ${body.id} ${accessKey(target)} ${size}`;
    }
    case "library":
      return JSON.stringify(kernel);
  }
}

function rewritten(
  kernel: Kernel,
  access: (x: Access) => Access,
  expr: (e: Expr) => Expr,
  table: (x: Table<Buffer>) => Table<Buffer>,
): Kernel {
  switch (kernel.kind) {
    case "map": {
      const { reduction } = kernel;
      return {
        ...kernel,
        ...(reduction && { reduction: { ...reduction, body: expr(reduction.body) } }),
        stores: kernel.stores.map((store) => ({ access: access(store.access), value: expr(store.value) })),
      };
    }
    case "scatter":
      return { ...kernel, ids: access(kernel.ids), body: expr(kernel.body), target: access(kernel.target) };
    case "library": {
      const each = (tables: object): object =>
        Object.fromEntries(Object.entries(tables).map(([name, x]) => [name, table(x)]));
      return { ...kernel, reads: each(kernel.reads), writes: each(kernel.writes) } as LibraryKernel;
    }
  }
}

function parameter(id: number, cell: Cell): Buffer {
  return { id, name: `p${id}`, shape: [], cell, kind: "temporary" };
}
