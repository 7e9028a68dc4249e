/** Vectors whose lanes are neighbors along the sum of a matrix product. */

import { type Code, f32x4, get, type Local, set, v128 } from "../asm/instructions.ts";

type Lanes = readonly [number, number, number, number];

/** A vector of `entries` entries (4 or more mean all); lanes beyond them are 0, whatever the memory holds. */
export function loadEntries(pointer: Local, offset: number, entries: number): Code {
  const loaded = v128.load(get(pointer), offset);
  if (entries >= 4) return loaded;
  return v128.and(loaded, v128.ints(-1, entries > 1 ? -1 : 0, entries > 2 ? -1 : 0, 0));
}

/** The sum over the lanes of each of up to 4 vectors, as the lanes of one; the other two locals are temporaries. */
export function sumOverLanes(vectors: readonly Local[], ab: Local, cd: Local): Code {
  const vector = (i: number): Code => {
    const local = vectors[i];
    return local === undefined ? f32x4.const(0) : get(local);
  };
  const fold = (x: Code, y: Code, low: Lanes, high: Lanes): Code =>
    f32x4.add(v128.shuffle(x, y, low), v128.shuffle(x, y, high));
  return [
    set(ab, fold(vector(0), vector(1), [0, 4, 1, 5], [2, 6, 3, 7])),
    set(cd, fold(vector(2), vector(3), [0, 4, 1, 5], [2, 6, 3, 7])),
    fold(get(ab), get(cd), [0, 1, 4, 5], [2, 3, 6, 7]),
  ];
}
