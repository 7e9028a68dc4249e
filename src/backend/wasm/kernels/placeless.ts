import {
  type Access,
  accessKey,
  type Buffer,
  type Expr,
  ExprPool,
  type Kernel,
  type LibraryKernel,
} from "../../../compile/kernel.ts";
import type { Table } from "../../../compile/routines.ts";

/** Where a kernel's parameter points: so many entries into a buffer. */
export interface Place {
  readonly buffer: Buffer;
  readonly offset: number;
  /** What stands for it in the kernel. */
  readonly parameter: Buffer;
}

/** A kernel that reads and writes parameters rather than buffers, so that those that do the same are equal. */
export interface PlacelessKernel {
  readonly kernel: Kernel;
  readonly places: readonly Place[];
  /** Equal for kernels that do the same. */
  readonly key: string;
}

export function withoutPlaces(kernel: Kernel): PlacelessKernel {
  const places = new Map<string, Place>();
  const pool = new ExprPool();

  const parameterOf = (buffer: Buffer, offset: number): Buffer => {
    const key = `${buffer.id}+${offset}`;
    const place = places.get(key) ?? { buffer, offset, parameter: parameter(places.size) };
    places.set(key, place);
    return place.parameter;
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

  const placeless = rewritten(kernel, access, expr, table);
  return { kernel: placeless, places: [...places.values()], key: `${keyOf(placeless)} where ${pool.key}` };
}

/** What a kernel is, with the numbers of its expressions. */
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

function parameter(id: number): Buffer {
  return { id, name: `p${id}`, shape: [], kind: "temporary" };
}
