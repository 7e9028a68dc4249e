/** Kernels that compute entry by entry, and reductions; four entries at a time. */

import type { MapKernel, Reduction } from "../../../compile/kernel.ts";
import { type Dim, isDynamic } from "../../../util/dim.ts";
import { internalError } from "../../../util/errors.ts";
import { type Code, f32x4, forRange, get, i32, type Local, set, v128, when, whileDo } from "../asm/instructions.ts";
import { extent, nest, onlyFirst, type Share, share } from "./loops.ts";
import type { Lanes } from "./pointers.ts";
import { Points } from "./points.ts";
import type { Scope } from "./scope.ts";

/** Number of vectors unrolled in the code instead of a loop. */
const UNROLLED = 8;
/** Threads take whole cache lines. */
const LINE = 16;
/** The neutral elements of sum and maximum. */
const NEUTRAL = { sum: 0, max: Number.NEGATIVE_INFINITY } as const;

/** Stores the expressions at every point of the space; the last axis is the vector axis. */
export function emitElementwise(scope: Scope, { space, stores }: MapKernel): void {
  const { fn } = scope;
  const axis = space.length - 1;
  const size = space[axis];
  const points = Points.storing(scope, size === undefined ? undefined : axis, stores);
  if (size === undefined) {
    fn.emit(onlyFirst(scope, [points.moveTo([]), points.store({ valid: 1 })]));
    return;
  }
  const outer = space.slice(0, -1);
  const counters = outer.map(() => fn.local("i32"));
  if (outer.length === 0) {
    const part = share(scope, size, LINE);
    fn.emit([part.code, points.moveTo([part.from]), points.hoist(), sharedLine(points, size, part)]);
    return;
  }
  const start = [points.moveTo(counters), points.hoist()];
  const line = isDynamic(size)
    ? dynamicLine(scope, points, size)
    : staticLine(scope, points, size, (at) => points.store(at));
  fn.emit(nest(scope, outer, counters, [start, line], share(scope, outer[0] ?? 1, 1)));
}

/** A reduction whose body is contiguous along the reduced axis: lanes are parts of one sum. */
export function emitRowReduction(scope: Scope, { space, stores }: MapKernel, reduction: Reduction): void {
  const { fn } = scope;
  const body = new Points(scope, space.length, [reduction.body]);
  const result = Points.storing(scope, undefined, stores);
  const counters = space.map(() => fn.local("i32"));
  const sum = fn.local("v128");
  result.reduced = get(sum);
  const row = [
    [body.moveTo(counters), body.hoist(), reduceLine(scope, body, reduction, sum)],
    [result.moveTo(counters), result.store({ valid: 1 })],
  ];
  if (space.length === 0) fn.emit(onlyFirst(scope, row));
  else fn.emit(nest(scope, space, counters, row, share(scope, space[0] ?? 1, 1)));
}

/** A reduction whose body is contiguous along the last axis of the space: each lane is a sum of its own. */
export function emitColumnReduction(scope: Scope, { space, stores }: MapKernel, reduction: Reduction): void {
  const { fn } = scope;
  const { op, body } = reduction;
  const axis = space.length - 1;
  const size = space[axis] ?? 1;
  const terms = new Points(scope, axis, [body]);
  const result = Points.storing(scope, axis, stores);
  const counters = space.map(() => fn.local("i32"));
  const column = counters[axis];
  if (column === undefined) throw internalError("columns of a single number");
  const [sum, k] = [fn.local("v128"), fn.local("i32")];
  result.reduced = get(sum);
  const columns = (valid: number): Code => [
    [set(sum, f32x4.const(NEUTRAL[op])), terms.moveTo(counters)],
    forRange(k, i32.const(0), extent(scope, reduction.size), 1, [
      set(sum, accumulated(terms, reduction, sum, { valid })),
      terms.advance(space.length, 1),
    ]),
    [result.moveTo(counters), result.store({ valid })],
  ];
  const known = (count: number): Code => {
    const rest = count % 4;
    return [
      forRange(column, i32.const(0), i32.const(count - rest), 4, columns(4)),
      rest === 0 ? [] : [set(column, i32.const(count - rest)), columns(rest)],
    ];
  };
  const line = isDynamic(size) ? forRange(column, i32.const(0), extent(scope, size), 1, columns(1)) : known(size);
  const outer = space.slice(0, -1);
  if (outer.length === 0) fn.emit(onlyFirst(scope, line));
  else fn.emit(nest(scope, outer, counters, line, share(scope, outer[0] ?? 1, 1)));
}

/** Along an axis of known size: whole vectors, then the rest. */
function staticLine({ fn }: Scope, points: Points, size: number, visit: (at: Lanes) => Code): Code {
  const [vectors, rest] = [Math.floor(size / 4), size % 4];
  if (vectors <= UNROLLED) {
    const all = Array.from({ length: vectors }, (_, i) => visit({ along: 4 * i, valid: 4 }));
    return rest === 0 ? all : [all, visit({ along: 4 * vectors, valid: rest })];
  }
  const counter = fn.local("i32");
  const main = forRange(counter, i32.const(0), i32.const(vectors), 1, [
    visit({ valid: 4 }),
    points.advance(points.vectorAxis ?? 0, 4),
  ]);
  return rest === 0 ? main : [main, visit({ valid: rest })];
}

/**
 * Number of lanes along an axis whose size depends on the rows: the last vector may reach into the spare rows that
 * every such buffer has, unless there are ids.
 */
function dynamicLanes(points: Points): number {
  return points.picksAlong(points.vectorAxis ?? 0) ? 1 : 4;
}

function dynamicLine(scope: Scope, points: Points, size: Dim): Code {
  const counter = scope.fn.local("i32");
  const lanes = dynamicLanes(points);
  return forRange(counter, i32.const(0), extent(scope, size), lanes, [
    points.store({ valid: lanes }),
    points.advance(points.vectorAxis ?? 0, lanes),
  ]);
}

/** Along the only axis, over this thread's share. */
function sharedLine(points: Points, size: Dim, { from, to }: Share): Code {
  const step = (valid: number): Code => [
    points.store({ valid }),
    points.advance(0, valid),
    set(from, i32.add(get(from), i32.const(valid))),
  ];
  if (isDynamic(size)) return whileDo(i32.ltS(get(from), get(to)), step(dynamicLanes(points)));
  const main = whileDo(i32.leS(i32.add(get(from), i32.const(4)), get(to)), step(4));
  return size % 4 === 0 ? main : [main, when(i32.ltS(get(from), get(to)), step(size % 4))];
}

/** Reduces the line at the pointers into all lanes of `sum`. */
function reduceLine(scope: Scope, points: Points, reduction: Reduction, sum: Local): Code {
  const { op, size } = reduction;
  const add = (at: Lanes): Code => set(sum, accumulated(points, reduction, sum, at, true));
  const start = set(sum, f32x4.const(NEUTRAL[op]));
  const finish = across(scope, op, sum);
  if (isDynamic(size)) return [start, dynamicReduction(scope, points, size, add), finish];
  if (size < 16 * UNROLLED) return [start, staticLine(scope, points, size, add), finish];
  return [longReduction(scope, points, reduction, size, sum), finish];
}

function dynamicReduction(scope: Scope, points: Points, size: Dim, add: (at: Lanes) => Code): Code {
  const [counter, end] = [scope.fn.local("i32"), scope.fn.local("i32")];
  const step = (valid: number): Code => [
    add({ valid }),
    points.advance(points.vectorAxis ?? 0, valid),
    set(counter, i32.add(get(counter), i32.const(valid))),
  ];
  return [
    set(counter, i32.const(0)),
    set(end, extent(scope, size)),
    whileDo(i32.leS(i32.add(get(counter), i32.const(4)), get(end)), step(4)),
    whileDo(i32.ltS(get(counter), get(end)), step(1)),
  ];
}

/** Several independent sums, so that an addition need not wait for the one before it. */
function longReduction({ fn }: Scope, points: Points, reduction: Reduction, size: number, sum: Local): Code {
  const { op } = reduction;
  const parts = [sum, fn.local("v128"), fn.local("v128"), fn.local("v128")];
  const width = 4 * parts.length;
  const rest = size % width;
  const add = (part: Local, at: Lanes): Code => set(part, accumulated(points, reduction, part, at, true));
  const remainder = Array.from({ length: Math.ceil(rest / 4) }, (_, i) =>
    add(sum, { along: 4 * i, valid: Math.min(4, rest - 4 * i) }),
  );
  return [
    parts.map((part) => set(part, f32x4.const(NEUTRAL[op]))),
    forRange(fn.local("i32"), i32.const(0), i32.const(size - rest), width, [
      parts.map((part, i) => add(part, { along: 4 * i, valid: 4 })),
      points.advance(points.vectorAxis ?? 0, width),
    ]),
    remainder,
    parts.slice(1).map((part) => set(sum, combine(op, get(sum), get(part)))),
  ];
}

/** The reduction so far with up to four more points. In a row, lanes without a point must have no effect. */
function accumulated(points: Points, { op, body }: Reduction, sum: Local, at: Lanes, masked = false): Code {
  if (masked && at.valid < 4) {
    const lane = (i: number): number => (i < at.valid ? -1 : 0);
    const mask = v128.ints(lane(0), lane(1), lane(2), lane(3));
    return combine(op, get(sum), v128.bitselect(points.value(body, at), f32x4.const(NEUTRAL[op]), mask));
  }
  return op === "sum" ? points.plus(get(sum), body, at) : combine(op, get(sum), points.value(body, at));
}

function combine(op: Reduction["op"], x: Code, y: Code): Code {
  return op === "sum" ? f32x4.add(x, y) : f32x4.max(x, y);
}

/** Reduces all four lanes, and sets each of them to the result. */
function across({ fn }: Scope, op: Reduction["op"], sum: Local): Code {
  const turned = fn.local("v128");
  const fold = (lanes: readonly [number, number, number, number]): Code => [
    set(turned, v128.shuffle(get(sum), get(sum), lanes)),
    set(sum, combine(op, get(sum), get(turned))),
  ];
  return [fold([2, 3, 0, 1]), fold([1, 0, 3, 2])];
}
