/** Sums of rows selected by ids, as in the gradient of an embedding. */

import type { ScatterKernel } from "../../../compile/kernel.ts";
import { known } from "../../../util/dim.ts";
import { type Code, f32, f32x4, forRange, get, i32, set, v128, whileDo } from "../asm/instructions.ts";
import { nest, share } from "./loops.ts";
import { plainAddress } from "./pointers.ts";
import { Points } from "./points.ts";
import type { Scope } from "./scope.ts";

/** Adds rows to a table. Threads share the columns, so that each sum has one order. */
export function emitScatter(scope: Scope, { space, ids, body, target, size }: ScatterKernel): void {
  const { fn, bases } = scope;
  const axis = space.length - 1;
  const C = known(space[axis] ?? 1);
  const rows = space.slice(0, -1);
  const counters = rows.map(() => fn.local("i32"));
  const points = new Points(scope, axis, [body]);
  const [part, column, table, row] = [share(scope, C, 16), fn.local("i32"), fn.local("i32"), fn.local("i32")];
  const start = set(table, plainAddress(bases, target, []));

  const columns = (visit: (valid: number) => Code): Code => {
    const loop = whileDo(i32.leS(i32.add(get(column), i32.const(4)), get(part.to)), visit(4));
    const rest = whileDo(i32.ltS(get(column), get(part.to)), visit(1));
    return [set(column, get(part.from)), loop, C % 4 === 0 ? [] : rest];
  };
  const place = i32.add(get(row), i32.shl(get(column), i32.const(2)));
  const step = (valid: number): Code => set(column, i32.add(get(column), i32.const(valid)));
  const zero = columns((valid) => [
    valid === 4 ? v128.store(place, f32x4.const(0)) : f32.store(place, f32.const(0)),
    step(valid),
  ]);
  const add = columns((valid) => {
    const value = points.value(body, { valid });
    const sum = valid === 4 ? f32x4.add(v128.load(place), value) : f32x4.add(v128.loadZero(place), value);
    return [
      valid === 4 ? v128.store(place, sum) : v128.storeLane(place, sum, 0),
      points.advance(axis, valid),
      step(valid),
    ];
  });
  const id = i32.truncSatF32(f32.load(plainAddress(bases, ids, counters)));
  const end = fn.local("i32");
  fn.emit([
    part.code,
    start,
    set(end, i32.add(get(table), i32.const(4 * size))),
    forRange(row, get(table), get(end), 4 * C, zero),
    nest(scope, rows, counters, [
      set(row, i32.add(get(table), i32.mul(id, i32.const(4 * C)))),
      points.moveTo([...counters, part.from]),
      points.hoist(),
      add,
    ]),
  ]);
}
