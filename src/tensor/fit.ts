/** How the shapes of operands fit together. */

import { isDynamic } from "../util/dim.ts";
import { type MicrogptError, mistake } from "../util/errors.ts";
import { broadcastShapes, type Dims, sameShape, showShape } from "../util/shape.ts";

/** An axis counted from the front. Errors: one that the shape does not have. */
export function axisOf(operation: string, shape: Dims, axis: number): number {
  const counted = axis < 0 ? axis + shape.length : axis;
  if (Number.isInteger(counted) && counted >= 0 && counted < shape.length) return counted;
  const expected = `an axis of ${showShape(shape)}, from ${-shape.length} to ${shape.length - 1}`;
  throw mistake("range", operation, expected, `${axis}`, "check the axis");
}

/** The size of an axis. Errors: one that the shape does not have, or that depends on the number of rows. */
export function knownSize(operation: string, shape: Dims, axis: number): number {
  const size = shape[axisOf(operation, shape, axis)] ?? 1;
  if (!isDynamic(size)) return size;
  const [expected, got] = ["an axis whose size is known", `axis ${axis} of ${showShape(shape)}`];
  throw mistake("range", operation, expected, got, "use another axis, or a known number of rows");
}

/** The shape of attention (R, H, D). Errors: operands that do not fit together. */
export function attended(operation: string, [q = [], k = [], v = [], starts = [], ends = []]: readonly Dims[]): Dims {
  const [R = 0, H = 0, D = 0] = q;
  const [, G = 0] = k;
  const groups = typeof H === "number" && typeof G === "number" && H % G === 0;
  const rows = groups && sameShape(k.slice(1), [G, D]) && sameShape(v, k);
  if (q.length !== 3 || !rows || !sameShape(starts, [R]) || !sameShape(ends, [R])) {
    const expected = "q (R, H, D), k and v (S, G, D), H a multiple of G, starts and ends (R)";
    throw mismatch(operation, expected, [q, k, v, starts, ends], "check the sizes");
  }
  return q;
}

/** The shape of losses (R). Errors: rows, table and targets that do not fit together. */
export function classified(operation: string, [x = [], weight = [], targets = []]: readonly Dims[]): Dims {
  const [R = 0, C = 0] = x;
  const fits = x.length === 2 && weight.length === 2 && weight[1] === C && sameShape(targets, [R]);
  if (!fits)
    throw mismatch(operation, "x (R, C), a table (V, C), targets (R)", [x, weight, targets], "check the sizes");
  return targets;
}

/** The shape with size 1 along an axis. */
export function reduced(operation: string, x: Dims, axis: number): Dims {
  return x.with(axisOf(operation, x, axis), 1);
}

/** The shape that two broadcast to, by NumPy's rule. Errors: they do not. */
export function broadcast(operation: string, [x, y]: readonly [Dims, Dims]): Dims {
  const shape = broadcastShapes(x, y);
  if (shape === undefined) {
    throw mismatch(operation, "shapes that broadcast (equal sizes or 1, from the last on)", [x, y], "reshape one");
  }
  return shape;
}

/** The error of operands whose shapes do not fit. */
export function mismatch(operation: string, expected: string, got: readonly Dims[], fix: string): MicrogptError {
  return mistake("shape", operation, expected, got.map(showShape).join(" and ") || "none", fix);
}
