/** Kernels that compute entry by entry, and reductions; a vector at a time. */

import type { MapKernel, Reduction } from "../../compile/kernel.ts";
import type { Dim } from "../../util/dim.ts";
import { Points } from "./points.ts";
import { extent, nest, onlyFirst, type Scope } from "./scope.ts";

/** Threads take whole cache lines. */
const LINE = 16;
/** Sums that proceed side by side, so that an addition need not wait for the one before it. */
const PARTS = 4;
const NEUTRAL = { sum: "0.f", max: "-__builtin_inff()" } as const;

/** Stores the expressions at every point of the space; the last axis is the vector axis. */
export function renderElementwise(scope: Scope, { space, stores }: MapKernel): void {
  const { code } = scope;
  const axis = space.length - 1;
  const size = space[axis];
  if (size === undefined) {
    onlyFirst(scope, () => Points.storing(scope, stores, undefined, false).store({ coordinates: [] }));
    return;
  }
  const points = Points.storing(scope, stores, axis, true);
  const along = (coordinates: string[], line: Line): void => {
    points.hoist({ coordinates: [...coordinates, "0"], vectorAxis: axis, valid: "1" });
    alongVectors(scope, line, (j, valid) =>
      points.store({ coordinates: [...coordinates, j], vectorAxis: axis, valid }),
    );
  };
  if (axis === 0) {
    code.line(`I from, to; share(job, ${extent(size)}, ${LINE}, &from, &to);`);
    along([], { from: "from", to: "to" });
  } else nest(scope, space.slice(0, -1), (coordinates) => along(coordinates, size));
}

/** A reduction whose body is contiguous along the reduced axis: lanes are parts of one sum. */
export function renderRowReduction(scope: Scope, { space, stores }: MapKernel, reduction: Reduction): void {
  const { code } = scope;
  const { op, size } = reduction;
  const axis = space.length;
  const body = new Points(scope, [reduction.body], axis, true);
  const result = Points.storing(scope, stores, undefined, false);
  const row = (coordinates: string[]): void => {
    body.hoist({ coordinates: [...coordinates, "0"], vectorAxis: axis, valid: "1" });
    const sums = Array.from({ length: isLong(size) ? PARTS : 1 }, () => code.name("s"));
    const [sum = ""] = sums;
    code.line(`V ${sums.map((name) => `${name} = vec(${NEUTRAL[op]})`).join(", ")};`);
    const add = (name: string, at: string, valid: string): void => {
      const points = { coordinates: [...coordinates, at], vectorAxis: axis, valid };
      if (op === "sum" && valid === "W") code.line(`${name} = ${body.plus(name, reduction.body, points)};`);
      else {
        const value = `first(${valid}, vec(${body.value(reduction.body, points)}), vec(${NEUTRAL[op]}))`;
        code.line(`${name} = ${combined(op, name, value)};`);
      }
    };
    if (sums.length === 1) alongVectors(scope, size, (k, valid) => add(sum, k, valid));
    else {
      const [k, n] = [code.name("k"), extent(size)];
      code.line(`I ${k} = 0;`);
      code.block(`for (; ${k} + ${PARTS} * W <= ${n}; ${k} += ${PARTS} * W)`, () => {
        for (const [i, name] of sums.entries()) code.block("", () => add(name, `${k} + ${i} * W`, "W"));
      });
      alongVectors(scope, { from: k, to: n }, (rest, valid) => add(sum, rest, valid));
    }
    for (const name of sums.slice(1)) code.line(`${sum} = ${combined(op, sum, name)};`);
    result.reduced = code.define(`${op}_lanes(${sum})`);
    result.store({ coordinates });
  };
  if (space.length === 0) onlyFirst(scope, () => row([]));
  else nest(scope, space, row);
}

/** A reduction whose body is contiguous along the last axis of the space: each lane is a sum of its own. */
export function renderColumnReduction(scope: Scope, { space, stores }: MapKernel, reduction: Reduction): void {
  const { code } = scope;
  const { op, size } = reduction;
  const axis = space.length - 1;
  const terms = new Points(scope, [reduction.body], undefined, true);
  const result = Points.storing(scope, stores, undefined, true);
  const along = (coordinates: string[], line: Line): void => {
    const k = code.name("k");
    alongVectors(scope, line, (j, valid) => {
      const at = { coordinates: [...coordinates, j], vectorAxis: axis, valid };
      const sum = code.name("s");
      code.line(`V ${sum} = vec(${NEUTRAL[op]});`);
      code.block(`for (I ${k} = 0; ${k} < ${extent(size)}; ${k}++)`, () => {
        const inner = { ...at, coordinates: [...at.coordinates, k] };
        const next =
          op === "sum"
            ? terms.plus(sum, reduction.body, inner)
            : combined(op, sum, `vec(${terms.value(reduction.body, inner)})`);
        code.line(`${sum} = ${next};`);
      });
      result.reduced = sum;
      result.store(at);
    });
  };
  if (axis === 0) {
    code.line(`I from, to; share(job, ${extent(space[0] ?? 1)}, ${LINE}, &from, &to);`);
    along([], { from: "from", to: "to" });
  } else nest(scope, space.slice(0, -1), (coordinates) => along(coordinates, space[axis] ?? 1));
}

/** Points along an axis: all of them, or a thread's share. */
type Line = Dim | { readonly from: string; readonly to: string };

/** Whole vectors from the beginning of a line to its end, then the rest; only what its size needs. */
function alongVectors(
  { code, vectors: { lanes } }: Scope,
  line: Line,
  visit: (j: string, valid: string) => void,
): void {
  if (typeof line !== "number") {
    const { from, to } = "from" in line ? line : { from: "0", to: extent(line) };
    const j = code.name("j");
    code.line(`I ${j} = ${from};`);
    code.block(`for (; ${j} + W <= ${to}; ${j} += W)`, () => visit(j, "W"));
    code.block(`if (${j} < ${to})`, () => {
      code.line(`const int valid = (int)(${to} - ${j});`);
      visit(j, "valid");
    });
    return;
  }
  const [whole, rest] = [Math.floor(line / lanes) * lanes, line % lanes];
  const j = code.name("j");
  if (whole === lanes) code.block("", () => visit("0", "W"));
  else if (whole > 0) code.block(`for (I ${j} = 0; ${j} < ${whole}; ${j} += W)`, () => visit(j, "W"));
  if (rest > 0) code.block("", () => visit(String(whole), String(rest)));
}

function combined(op: Reduction["op"], x: string, y: string): string {
  return op === "sum" ? `${x} + ${y}` : `maximum(${x}, ${y})`;
}

/** True if a reduction is worth several sums. */
function isLong(size: Dim): boolean {
  return typeof size !== "number" || size >= 128;
}
