/**
 * For tests: one table of cases that every interpreter and backend must pass. Gradients are compared with finite
 * differences of the definitions. (One suite for many implementations is hono's `common.case.test.ts`.)
 */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { inferShape, type Op, type OpInputs } from "../tensor/ops.ts";
import { knownShape, type Shape } from "../util/shape.ts";
import type { Awaitable } from "./compiled.ts";
import { sidesAt, slopeAt } from "./finite-differences.ts";
import { quarters } from "./specs/inputs.ts";
import { coordinatesOf, type Numbers, sum } from "./specs/numbers.ts";
import type { Case } from "./specs/spec.ts";
import { specs } from "./specs/specs.ts";

const ops = Object.keys(specs) as Op[];

/**
 * The tested implementation: it computes an operation, and the gradient of Σ weight · entry with respect to each input.
 */
export interface Implementation {
  /**
   * Tolerance of a result, in units of its largest entry, or of 1 if that is more. Default 0: that of float64, which is
   * exact except for the rounding of a formula.
   */
  readonly tolerance?: number;
  /** Random cases of each operation. Default: those of fast-check, 100. */
  readonly numRuns?: number;
  forward<K extends Op>(op: K, example: Case<K>): Awaitable<ArrayLike<number>>;
  backward<K extends Op>(op: K, example: Case<K>, weights: readonly number[]): Awaitable<readonly ArrayLike<number>[]>;
}

/** Runs the whole table on one implementation. */
export function describeOps(implementation: Implementation): void {
  describe.each(ops)("%s", (op) => checkOp(op, implementation));
}

/** Maximum number of an input's entries whose differences a case takes. */
const MOST_DIFFERENCES = 15;

/** Repeated if a result has more entries. */
const someWeights = fc.array(quarters, { minLength: 31, maxLength: 31 });

function checkOp<K extends Op>(op: K, implementation: Implementation): void {
  const { noGradient } = specs[op];
  const { numRuns } = implementation;
  const runs = numRuns === undefined ? {} : { numRuns };
  const { cases } = specs[op];

  test("gives what its definition says, entry by entry", async () => {
    await fc.assert(
      fc.asyncProperty(cases, (example) => checkForward(op, example, implementation)),
      runs,
    );
  });

  const passesBack = noGradient === undefined ? test : test.skip;
  const why = noGradient === undefined ? "" : `: ${noGradient}`;
  passesBack(`passes back the gradient that finite differences of its definition show${why}`, async () => {
    await fc.assert(
      fc.asyncProperty(cases, someWeights, fc.nat({ max: 999 }), (example, weights, first) =>
        checkBackward(op, example, weights, first, implementation),
      ),
      runs,
    );
  });
}

/** The coordinates of a result's entries. */
function resultOf<K extends Op>(op: K, { inputs, attrs }: Case<K>): number[][] {
  const shapes = inputs.map(({ shape }) => shape) as readonly Shape[] as OpInputs<Shape, K>;
  return coordinatesOf(knownShape(inferShape(op, shapes, attrs)));
}

async function checkForward<K extends Op>(
  op: K,
  example: Case<K>,
  { forward, tolerance = 0 }: Implementation,
): Promise<void> {
  const { entry, rounded = false, exact = false } = specs[op];
  const expected = resultOf(op, example).map((i) => entry(example.inputs, example.attrs, i));
  // Rounding of a formula in float64: a hundred operations on numbers up to 100, each accurate to 1e-16.
  const within = exact ? 0 : (rounded ? 5e-13 : 0) + tolerance * Math.max(1, ...expected.map(Math.abs));
  // Adding 0 makes -0 a 0: the sign of a sum of zeros is not specified.
  const allowed = (x: number): unknown =>
    within === 0 ? x + 0 : expect.toSatisfy((y: number) => Math.abs(y - x) <= within, `${x} within ${within}`);
  expect(Array.from(await forward(op, example), (x) => x + 0)).toEqual(expected.map(allowed));
}

async function checkBackward<K extends Op>(
  op: K,
  example: Case<K>,
  someWeights: readonly number[],
  first: number,
  { backward, tolerance = 0 }: Implementation,
): Promise<void> {
  const { entry, constants = [], kinked = false } = specs[op];
  const inputs: readonly Numbers[] = example.inputs;
  const coordinates = resultOf(op, example);
  const weights = coordinates.map((_, n) => someWeights[n % someWeights.length] ?? 0);
  const grads = await backward(op, example, weights);
  inputs.forEach(({ shape, data }, position) => {
    const loss = (changed: readonly number[]): number => {
      const all = inputs.with(position, { shape, data: changed }) as readonly Numbers[] as OpInputs<Numbers, K>;
      return sum(coordinates.map((i, n) => entry(all, example.attrs, i) * (weights[n] ?? 0)));
    };
    const gradient = Array.from(grads[position] ?? []);
    expect(gradient).toHaveLength(data.length);
    if (constants.includes(position)) {
      expect(gradient.map((grad) => grad + 0)).toEqual(gradient.map(() => 0));
      return;
    }
    // Each difference computes the whole result again. For a large input some entries are enough, others in every case.
    const every = Math.ceil(gradient.length / MOST_DIFFERENCES);
    for (let n = first % every; n < gradient.length; n += every) {
      const grad = gradient[n] ?? Number.NaN;
      const bounds = kinked ? sidesAt(loss, data, n) : [slopeAt(loss, data, n)];
      // STEP² / 6 of a third derivative (at most 6 / 0.25⁴, of 1/x) gives 3e-8. A sum of 135 terms up to 15 (of exp)
      // may be off by 1e-11, which STEP turns into 2e-6 of a slope. A mistake would show as 1/32 or more.
      const within = 1e-5 + tolerance * Math.max(1, ...bounds.map(Math.abs));
      expect(grad).toBeGreaterThanOrEqual(Math.min(...bounds) - within);
      expect(grad).toBeLessThanOrEqual(Math.max(...bounds) + within);
    }
  });
}
