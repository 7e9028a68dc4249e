/**
 * Assigns an address to every buffer. All memory is one arena: first the permanent buffers, then the temporaries, which
 * share space with others that are not alive at the same time. Known before anything is allocated.
 */

import { CELL_BYTES } from "../util/cells.ts";
import { type Dims, shapeAt, sizeOf } from "../util/shape.ts";
import { type Buffer, type Kernel, readsOf, writesOf } from "./kernel.ts";
import type { Room, Target } from "./target.ts";

export interface Plan {
  /** Byte address of each buffer, from the arena's beginning. */
  readonly addresses: ReadonlyMap<Buffer, number>;
  /** Size of the whole arena, and of the part shared by temporaries. */
  readonly bytes: number;
  readonly temporaryBytes: number;
  /** Size of the temporaries without sharing. */
  readonly unsharedBytes: number;
}

/** Number of entries of a buffer of that shape. */
export function entriesOf(shape: Dims, room: Room): number {
  return sizeOf(shapeAt(shape, allocatedRows(room)));
}

/** Bytes of a buffer's entries. */
export function bytesOf({ shape, cell }: Buffer, room: Room): number {
  return entriesOf(shape, room) * CELL_BYTES[cell];
}

/** Rows that a buffer has room for: whole tiles, and one that may be read beyond. */
export function allocatedRows({ maxRows, target: { tileRows } }: Room): number {
  return Math.ceil(maxRows / tileRows) * tileRows + tileRows;
}

/**
 * Addresses for all buffers of the kernels, and for `resident` ones, from `start` on; those of `before` already have
 * theirs.
 */
export function plan(
  kernels: readonly Kernel[],
  resident: Iterable<Buffer>,
  room: Room,
  start = 0,
  before: ReadonlyMap<Buffer, number> = new Map(),
): Plan {
  const addresses = new Map(before);
  const { target } = room;
  const takenBy = (buffer: Buffer): number => padded(bytesOf(buffer, room) + target.vectorBytes, target);
  let end = padded(start, target);
  for (const buffer of resident) {
    if (addresses.has(buffer)) continue;
    addresses.set(buffer, end);
    end += takenBy(buffer);
  }

  const lives = lifetimes(kernels, (buffer) => addresses.has(buffer)).map((life) => ({
    ...life,
    size: takenBy(life.buffer),
  }));
  const placed: { first: number; last: number; from: number; to: number }[] = [];
  let top = end;
  let unsharedBytes = 0;
  // Largest first: they leave gaps that the others fit into.
  for (const { buffer, first, last, size } of lives.sort((x, y) => y.size - x.size)) {
    const rivals = placed.filter((other) => first <= other.last && other.first <= last).sort((x, y) => x.from - y.from);
    let from = end;
    for (const rival of rivals) {
      if (from + size <= rival.from) break;
      from = Math.max(from, rival.to);
    }
    placed.push({ first, last, from, to: from + size });
    addresses.set(buffer, from);
    top = Math.max(top, from + size);
    unsharedBytes += size;
  }
  return { addresses, bytes: top, temporaryBytes: top - end, unsharedBytes };
}

/** From the first kernel that uses a buffer to the last, for all that are not permanent. */
export function lifetimes(
  kernels: readonly Kernel[],
  isResident: (buffer: Buffer) => boolean = () => false,
): { buffer: Buffer; first: number; last: number }[] {
  const lives = new Map<Buffer, { buffer: Buffer; first: number; last: number }>();
  kernels.forEach((kernel, i) => {
    for (const buffer of [...readsOf(kernel), ...writesOf(kernel)]) {
      if (isResident(buffer)) continue;
      const life = lives.get(buffer);
      if (life === undefined) lives.set(buffer, { buffer, first: i, last: i });
      else life.last = i;
    }
  });
  return [...lives.values()];
}

function padded(bytes: number, { alignment }: Target): number {
  return Math.ceil(bytes / alignment) * alignment;
}
