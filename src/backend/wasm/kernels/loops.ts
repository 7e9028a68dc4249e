/** Loops over the axes of a kernel, and their split among threads. */

import { type Dim, isDynamic } from "../../../util/dim.ts";
import { type Code, forRange, get, i32, type Local, set, when } from "../asm/instructions.ts";
import type { Scope } from "./scope.ts";

/** A part of an axis, `from` inclusive, `to` exclusive (i32), and the code that sets them. */
export interface Share {
  readonly from: Local;
  readonly to: Local;
  readonly code: Code;
}

/** A size as code: known, or a multiple of the rows. */
export function extent({ rows }: Scope, size: Dim): Code {
  if (!isDynamic(size)) return i32.const(size);
  let code = get(rows);
  for (let power = 1; power < size.power; power++) code = i32.mul(code, get(rows));
  return size.times === 1 ? code : i32.mul(code, i32.const(size.times));
}

/** This thread's share of an axis, in whole units except at the end. */
export function share(scope: Scope, size: Dim, unit: number): Share {
  const { fn, team } = scope;
  const [from, to] = [fn.local("i32"), fn.local("i32")];
  if (team === undefined) return { from, to, code: [set(from, i32.const(0)), set(to, extent(scope, size))] };
  const [n, each] = [fn.local("i32"), fn.local("i32")];
  const atMost = (x: Code, most: Code): Code => i32.select(x, most, i32.ltS(x, most));
  const units = i32.mul(get(team.threads), i32.const(unit));
  const code = [
    set(n, extent(scope, size)),
    set(each, i32.mul(i32.divS(i32.sub(i32.add(get(n), units), i32.const(1)), units), i32.const(unit))),
    set(from, atMost(i32.mul(get(team.thread), get(each)), get(n))),
    set(to, atMost(i32.add(get(from), get(each)), get(n))),
  ];
  return { from, to, code };
}

/** One loop for each size, outermost first; the first over this thread's share, if given. */
export function nest(scope: Scope, sizes: readonly Dim[], counters: readonly Local[], body: Code, first?: Share): Code {
  const loops = sizes.map((size, i) => ({ size, counter: counters[i] }));
  const nested = loops.reduceRight((inner: Code, { size, counter }, i) => {
    if (counter === undefined) return inner;
    if (i === 0 && first !== undefined) return forRange(counter, get(first.from), get(first.to), 1, inner);
    if (size === 1) return [set(counter, i32.const(0)), inner];
    return forRange(counter, i32.const(0), extent(scope, size), 1, inner);
  }, body);
  return first === undefined ? nested : [first.code, nested];
}

/** For code that cannot be split. */
export function onlyFirst({ team }: Scope, code: Code): Code {
  return team === undefined ? code : when(i32.eqz(get(team.thread)), code);
}
