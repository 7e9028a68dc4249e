/**
 * Merges kernels. An entry-by-entry kernel joins the one that makes its input (a matrix product gets its residual sum,
 * AdamW's three updates become one loop), and results that are no longer read are no longer written.
 */

import { isDynamic, known } from "../util/dim.ts";
import { type Dims, sameShape, sizeOf } from "../util/shape.ts";
import { join } from "./join.ts";
import { type Access, type Buffer, type ExprPool, type Kernel, type MapKernel, readsOf, writesOf } from "./kernel.ts";
import type { Lowered } from "./lower.ts";
import { reshaping } from "./views.ts";

/** The kernels of the program, fewer and writing less. */
export function fuse({ kernels, guards, pool }: Lowered): Kernel[] {
  const fusion = new Fusion(kernels, guards, pool);
  for (const kernel of singleNumbersFirst(kernels)) fusion.add(kernel);
  return withoutUnread(fusion.kernels);
}

/**
 * Kernels that compute a single number from inputs (a bias correction) move to the front, so that they do not keep
 * others from joining.
 */
function singleNumbersFirst(kernels: readonly Kernel[]): Kernel[] {
  const writers = new Map<Buffer, number>();
  for (const buffer of kernels.flatMap((kernel) => [...writesOf(kernel)])) {
    writers.set(buffer, (writers.get(buffer) ?? 0) + 1);
  }
  const isEarly = (kernel: Kernel): boolean =>
    kernel.kind === "map" &&
    sizeOf(kernel.space) === 1 &&
    [...readsOf(kernel)].every((buffer) => buffer.kind === "input" && !writers.has(buffer)) &&
    [...writesOf(kernel)].every((buffer) => buffer.kind === "temporary" && writers.get(buffer) === 1);
  return [...kernels.filter(isEarly), ...kernels.filter((kernel) => !isEarly(kernel))];
}

/** The fused kernels so far, each at the position of its first part. */
class Fusion {
  readonly kernels: Kernel[] = [];
  readonly #pool: ExprPool;
  readonly #guards: readonly Buffer[];
  /** The last kernel that writes, and that reads, each buffer. */
  readonly #written = new Map<Buffer, number>();
  readonly #read = new Map<Buffer, number>();
  /** Every write to each buffer. */
  readonly #writes = new Map<Buffer, Write[]>();
  /** Number of the program's kernels that read each buffer. */
  readonly #readers = new Map<Buffer, number>();

  constructor(program: readonly Kernel[], guards: readonly Buffer[], pool: ExprPool) {
    this.#guards = guards;
    this.#pool = pool;
    for (const buffer of program.flatMap((kernel) => [...readsOf(kernel)])) {
      this.#readers.set(buffer, (this.#readers.get(buffer) ?? 0) + 1);
    }
  }

  add(kernel: Kernel): void {
    const entryByEntry = kernel.kind === "map" && kernel.reduction === undefined;
    const done = entryByEntry && (this.#joinProducer(kernel) || this.#joinNeighbour(kernel) || this.#redirect(kernel));
    if (!done) this.#place(this.kernels.length, kernel);
  }

  #place(at: number, kernel: Kernel): void {
    this.kernels[at] = kernel;
    for (const buffer of readsOf(kernel)) this.#read.set(buffer, Math.max(at, this.#read.get(buffer) ?? at));
    for (const { buffer, from, to } of extentsOf(kernel)) {
      this.#written.set(buffer, Math.max(at, this.#written.get(buffer) ?? at));
      const writes = this.#writes.get(buffer) ?? [];
      writes.push({ at, from, to });
      this.#writes.set(buffer, writes);
    }
  }

  /** The last kernel that writes one of the buffers, -1 if none does. */
  #lastWriter(buffers: Iterable<Buffer>): number {
    return Math.max(-1, ...[...buffers].map((buffer) => this.#written.get(buffer) ?? -1));
  }

  /** True if the writes of `kernel` may move to the kernel at `at`. */
  #mayMove(kernel: Kernel, at: number): boolean {
    return this.#areFree(kernel, at + 1) && this.#mayUpdate(kernel, at);
  }

  /** True if no kernel from `since` on would see the writes of `kernel` too early, or overwrite them. */
  #areFree(kernel: Kernel, since: number): boolean {
    return extentsOf(kernel).every(({ buffer, from, to }) => {
      const overwrites = (write: Write): boolean => write.at >= since && write.from < to && from < write.to;
      return (this.#read.get(buffer) ?? -1) < since && !this.#writes.get(buffer)?.some(overwrites);
    });
  }

  /** True if the guards are known before the kernel at `at`, or `kernel` updates no input. */
  #mayUpdate(kernel: Kernel, at: number): boolean {
    return this.#lastWriter(this.#guards) < at || ![...writesOf(kernel)].some(({ kind }) => kind === "input");
  }

  /** True if the kernel joined the last one that writes its input. */
  #joinProducer(kernel: MapKernel): boolean {
    const at = this.#lastWriter(readsOf(kernel));
    const producer = this.kernels[at];
    if (producer?.kind !== "map" || !this.#mayMove(kernel, at)) return false;
    const joined = join(producer, kernel, this.#pool);
    if (joined !== undefined) this.#place(at, joined);
    return joined !== undefined;
  }

  /** True if the kernel joined the one just before it, which visits the same points and reads the same buffers. */
  #joinNeighbour(kernel: MapKernel): boolean {
    const at = this.kernels.length - 1;
    const neighbour = this.kernels[at];
    if (neighbour?.kind !== "map" || neighbour.reduction !== undefined || !this.#mayMove(kernel, at)) return false;
    const reads = readsOf(kernel);
    const shared = [...readsOf(neighbour)].some((buffer) => reads.has(buffer));
    const joined = shared && sameShape(neighbour.space, kernel.space) ? join(neighbour, kernel, this.#pool) : undefined;
    if (joined !== undefined) this.#place(at, joined);
    return joined !== undefined;
  }

  /** True if the kernel, a plain copy, was replaced by letting those that make its source write to its destination. */
  #redirect(kernel: MapKernel): boolean {
    const copy = wholeCopy(kernel);
    if (copy === undefined || this.#readers.get(copy.from) !== 1) return false;
    const producers = new Set(this.#writes.get(copy.from)?.map(({ at }) => at));
    const first = Math.min(...producers);
    // A producer may not read the destination either: of its points some would read it after others have written.
    if (producers.size === 0 || !this.#areFree(kernel, first) || !this.#mayUpdate(kernel, first)) return false;
    const moved = [...producers].map((at) => [at, redirected(this.kernels[at], copy)] as const);
    if (moved.some(([, producer]) => producer === undefined)) return false;
    for (const [at, producer] of moved) if (producer !== undefined) this.#place(at, producer);
    return true;
  }
}

/** Entries `from` to `to`, without it, that the kernel at that position writes. */
interface Write {
  readonly at: number;
  readonly from: number;
  readonly to: number;
}

/** The parts of buffers that a kernel writes, at least. */
function extentsOf(kernel: Kernel): (Omit<Write, "at"> & { readonly buffer: Buffer })[] {
  switch (kernel.kind) {
    case "map":
      return kernel.stores.map(({ access }) => ({ buffer: access.buffer, ...extentOf(access, kernel.space) }));
    case "scatter": {
      const { buffer, offset } = kernel.target;
      return [{ buffer, from: offset, to: offset + kernel.size }];
    }
    case "library":
      return [...writesOf(kernel)].map((buffer) => ({ buffer, from: 0, to: Number.POSITIVE_INFINITY }));
  }
}

/** The stretch of entries from the first to the last; strides are not negative. */
function extentOf({ offset, strides, pick }: Access, space: Dims): Omit<Write, "at"> {
  if (pick !== undefined || space.some(isDynamic)) return { from: 0, to: Number.POSITIVE_INFINITY };
  return {
    from: offset,
    to: strides.reduce((end, stride, axis) => end + stride * (known(space[axis] ?? 1) - 1), offset + 1),
  };
}

/** The kernel with its writes to a temporary in the place to which that would be copied. */
function redirected(kernel: Kernel | undefined, { from, to }: Copy): Kernel | undefined {
  const moved = (access: Access): Access =>
    access.buffer === from ? { ...access, buffer: to.buffer, offset: to.offset + access.offset } : access;
  switch (kernel?.kind) {
    case "map":
      return { ...kernel, stores: kernel.stores.map((store) => ({ ...store, access: moved(store.access) })) };
    case "scatter":
      return { ...kernel, target: moved(kernel.target) };
    default:
      return undefined;
  }
}

interface Copy {
  readonly from: Buffer;
  readonly to: { readonly buffer: Buffer; readonly offset: number };
}

/** The temporary that a kernel copies as a whole, and its destination. */
function wholeCopy({ space, stores }: MapKernel): Copy | undefined {
  const [store] = stores;
  if (stores.length !== 1 || store?.value.kind !== "load") return undefined;
  const [to, from] = [store.access, store.value.access];
  const sequential = ({ strides, pick }: Access): boolean => {
    const line = reshaping(space, [sizeOf(space)])({ offset: 0, strides });
    return line?.strides[0] === 1 && pick === undefined;
  };
  const whole = from.offset === 0 && sizeOf(from.buffer.shape) === sizeOf(space);
  if (!whole || from.buffer.kind !== "temporary" || !sequential(from) || !sequential(to)) return undefined;
  return { from: from.buffer, to: { buffer: to.buffer, offset: to.offset } };
}

/** Drops stores to temporaries that no kernel reads, and kernels without stores. */
function withoutUnread(kernels: readonly Kernel[]): Kernel[] {
  const kept: Kernel[] = [];
  const read = new Set<Buffer>();
  const needed = (buffer: Buffer): boolean => buffer.kind !== "temporary" || read.has(buffer);
  for (const kernel of kernels.toReversed()) {
    if (![...writesOf(kernel)].some(needed)) continue;
    const alive =
      kernel.kind === "map"
        ? { ...kernel, stores: kernel.stores.filter(({ access }) => needed(access.buffer)) }
        : kernel;
    for (const buffer of readsOf(alive)) read.add(buffer);
    kept.push(alive);
  }
  return kept.reverse();
}
