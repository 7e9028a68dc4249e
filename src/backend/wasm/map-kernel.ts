/** Kernels that compute entry by entry, and reductions; four entries at a time. */

import type { Expr, MapKernel, Reduction, Store } from "../../compile/kernel.ts";
import { internalError } from "../../util/errors.ts";
import { type Code, f32x4, forRange, get, i32, type Local, madd, set, v128, when, whileDo } from "./instructions.ts";
import { neutral, Points } from "./points.ts";
import { extent, isDynamic, nest, type Share, share, type Work } from "./work.ts";

/** Vectors that stand one after the other in the code rather than in a loop. */
const UNROLLED = 8;
/** Threads take whole cache lines. */
const LINE = 16;

/** Stores the expressions at every point of the space; the last axis is the vector axis. */
export function emitElementwise(work: Work, { space, stores }: MapKernel): void {
  const { fn, target, bases } = work;
  const values = stores.map(({ value }) => value);
  const axis = space.length - 1;
  const size = space[axis];
  if (size === undefined) {
    const points = new Points(fn, target, bases, undefined);
    fn.emit(onlyFirst(work, [points.moveTo([], values, stores), points.store(stores, { valid: 1 })]));
    return;
  }
  const points = new Points(fn, target, bases, axis);
  const outer = space.slice(0, -1);
  const counters = outer.map(() => fn.local("i32"));
  if (outer.length === 0) {
    const part = share(work, size, LINE);
    const start = [points.moveTo([part.from], values, stores), points.hoist(values)];
    fn.emit([part.code, start, sharedLine(points, stores, size, part)]);
    return;
  }
  const start = [points.moveTo(counters, values, stores), points.hoist(values)];
  const line = isDynamic(size)
    ? dynamicLine(work, points, stores, size)
    : staticLine(work, points, size, (at) => points.store(stores, at));
  fn.emit(nest(work, outer, counters, [start, line], share(work, outer[0] ?? 1, 1)));
}

/** A reduction whose body lies side by side along the axis that is reduced: lanes are parts of one sum. */
export function emitRowReduction(work: Work, { space, reduction, stores }: MapKernel): void {
  if (reduction === undefined) throw internalError("a reduction of nothing");
  const { fn, target, bases } = work;
  const body = new Points(fn, target, bases, space.length);
  const values = stores.map(({ value }) => value);
  const result = new Points(fn, target, bases, undefined);
  const counters = space.map(() => fn.local("i32"));
  const sum = fn.local("v128");
  result.reduced = get(sum);
  const row = [
    body.moveTo(counters, [reduction.body]),
    body.hoist([reduction.body]),
    reduceLine(work, body, reduction, sum),
    result.moveTo(counters, values, stores),
    result.store(stores, { valid: 1 }),
  ];
  if (space.length === 0) fn.emit(onlyFirst(work, row));
  else fn.emit(nest(work, space, counters, row, share(work, space[0] ?? 1, 1)));
}

/** A reduction whose body lies side by side along the last axis of the space: each lane is a sum of its own. */
export function emitColumnReduction(work: Work, { space, reduction, stores }: MapKernel): void {
  if (reduction === undefined) throw internalError("a reduction of nothing");
  const { fn, target, bases } = work;
  const axis = space.length - 1;
  const size = space[axis] ?? 1;
  const points = new Points(fn, target, bases, axis);
  const values = stores.map(({ value }) => value);
  const counters = space.map(() => fn.local("i32"));
  const column = counters[axis];
  if (column === undefined) throw internalError("columns of a single number");
  const [sum, k] = [fn.local("v128"), fn.local("i32")];
  points.reduced = get(sum);
  const columns = (valid: number): Code => [
    set(sum, f32x4.const(neutral[reduction.op])),
    points.moveTo(counters, [reduction.body]),
    forRange(k, i32.const(0), extent(work, reduction.size), 1, [
      set(sum, combine(reduction.op, get(sum), points.value(reduction.body, { valid }))),
      points.advance(space.length, 1),
    ]),
    points.moveTo(counters, values, stores),
    points.store(stores, { valid }),
  ];
  const line: Code = isDynamic(size)
    ? forRange(column, i32.const(0), extent(work, size), 1, columns(1))
    : [
        forRange(column, i32.const(0), i32.const(size - (size % 4)), 4, columns(4)),
        size % 4 === 0 ? [] : [set(column, i32.const(size - (size % 4))), columns(size % 4)],
      ];
  const outer = space.slice(0, -1);
  if (outer.length === 0) fn.emit(onlyFirst(work, line));
  else fn.emit(nest(work, outer, counters, line, share(work, outer[0] ?? 1, 1)));
}

/** Work that cannot be shared out. */
export function onlyFirst({ team }: Work, code: Code): Code {
  return team === undefined ? code : when(i32.eqz(get(team.thread)), code);
}

/** Along an axis of known size: whole vectors, then what is left. */
function staticLine(
  { fn }: Work,
  points: Points,
  size: number,
  visit: (at: { along: number; valid: number }) => Code,
): Code {
  const [vectors, rest] = [Math.floor(size / 4), size % 4];
  if (vectors <= UNROLLED) {
    const all = Array.from({ length: vectors }, (_, i) => visit({ along: 4 * i, valid: 4 }));
    return rest === 0 ? all : [all, visit({ along: 4 * vectors, valid: rest })];
  }
  const axis = points.vectorAxis ?? 0;
  const counter = fn.local("i32");
  const main = forRange(counter, i32.const(0), i32.const(vectors), 1, [
    visit({ along: 0, valid: 4 }),
    points.advance(axis, 4),
  ]);
  return rest === 0 ? main : [main, visit({ along: 0, valid: rest })];
}

/** Along an axis of so many for each row. The last vector may reach into the spare rows that every such buffer has. */
function dynamicLine(work: Work, points: Points, stores: readonly Store[], size: number): Code {
  const counter = work.fn.local("i32");
  const lanes = points.picksAlong(
    stores.map(({ value }) => value),
    stores,
  )
    ? 1
    : 4;
  return forRange(counter, i32.const(0), extent(work, size), lanes, [
    points.store(stores, { valid: lanes }),
    points.advance(points.vectorAxis ?? 0, lanes),
  ]);
}

/** Along the only axis, from and to where this thread's share goes. */
function sharedLine(points: Points, stores: readonly Store[], size: number, { from, to }: Share): Code {
  const dynamic = isDynamic(size);
  const lanes =
    dynamic &&
    points.picksAlong(
      stores.map(({ value }) => value),
      stores,
    )
      ? 1
      : 4;
  const step = (valid: number): Code => [
    points.store(stores, { valid }),
    points.advance(0, lanes),
    set(from, i32.add(get(from), i32.const(lanes))),
  ];
  if (dynamic) return whileDo(i32.ltS(get(from), get(to)), step(lanes));
  const main = whileDo(i32.leS(i32.add(get(from), i32.const(4)), get(to)), step(4));
  return size % 4 === 0 ? main : [main, when(i32.ltS(get(from), get(to)), step(size % 4))];
}

/** Reduces the line that the pointers stand at into all lanes of `sum`. */
function reduceLine(work: Work, points: Points, reduction: Reduction, sum: Local): Code {
  const { fn } = work;
  const { op, size, body } = reduction;
  const start = set(sum, f32x4.const(neutral[op]));
  const add = (into: Local, at: { along: number; valid: number }): Code => {
    if (at.valid === 4) return set(into, accumulateAt(work, points, reduction, into, at));
    const lane = (i: number): number => (i < at.valid ? -1 : 0);
    const mask = v128.ints(lane(0), lane(1), lane(2), lane(3));
    const value = v128.bitselect(points.value(body, at), f32x4.const(neutral[op]), mask);
    return set(into, combine(op, get(into), value));
  };
  if (isDynamic(size)) {
    const [counter, end] = [fn.local("i32"), fn.local("i32")];
    const step = (valid: number): Code => [
      add(sum, { along: 0, valid }),
      points.advance(points.vectorAxis ?? 0, valid),
      set(counter, i32.add(get(counter), i32.const(valid))),
    ];
    return [
      start,
      set(counter, i32.const(0)),
      set(end, extent(work, size)),
      whileDo(i32.leS(i32.add(get(counter), i32.const(4)), get(end)), step(4)),
      whileDo(i32.ltS(get(counter), get(end)), step(1)),
      across(work, op, sum),
    ];
  }
  if (size < 16 * UNROLLED) return [start, staticLine(work, points, size, (at) => add(sum, at)), across(work, op, sum)];
  // Several sums side by side, so that an addition need not wait for the one before it.
  const parts = [sum, fn.local("v128"), fn.local("v128"), fn.local("v128")];
  const width = 4 * parts.length;
  const counter = fn.local("i32");
  const rest = size % width;
  return [
    parts.map((part) => set(part, f32x4.const(neutral[op]))),
    forRange(counter, i32.const(0), i32.const(size - rest), width, [
      parts.map((part, i) => add(part, { along: 4 * i, valid: 4 })),
      points.advance(points.vectorAxis ?? 0, width),
    ]),
    Array.from({ length: Math.ceil(rest / 4) }, (_, i) => add(sum, { along: 4 * i, valid: Math.min(4, rest - 4 * i) })),
    parts.slice(1).map((part) => set(sum, combine(op, get(sum), get(part)))),
    across(work, op, sum),
  ];
}

function accumulateAt(
  work: Work,
  points: Points,
  reduction: Reduction,
  sum: Local,
  at: { along: number; valid: number },
): Code {
  const { op, body } = reduction;
  if (op === "sum" && body.kind === "binary" && body.op === "mul" && isPlain(body.x) && isPlain(body.y)) {
    return madd(work.target, points.value(body.x, at), points.value(body.y, at), get(sum));
  }
  return combine(op, get(sum), points.value(body, at));
}

/** Whether computing it apart from its neighbour computes nothing twice. */
function isPlain(e: Expr): boolean {
  return e.kind === "load" || e.kind === "constant";
}

function combine(op: Reduction["op"], x: Code, y: Code): Code {
  return op === "sum" ? f32x4.add(x, y) : f32x4.max(x, y);
}

/** All four lanes reduced into each of them. */
function across({ fn }: Work, op: Reduction["op"], sum: Local): Code {
  const turned = fn.local("v128");
  const fold = (lanes: readonly [number, number, number, number]): Code => [
    set(turned, v128.shuffle(get(sum), get(sum), lanes)),
    set(sum, combine(op, get(sum), get(turned))),
  ];
  return [fold([2, 3, 0, 1]), fold([1, 0, 3, 2])];
}
