import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dropout } from "../model/dropout.ts";
import { ScalarTensor } from "../scalar/scalar-tensor.ts";
import { hash24 } from "../util/hash.ts";
import type { Shape } from "../util/shape.ts";
import { crossEntropy, linear, rmsnorm, softmax } from "./nn.ts";

const vector = (...data: number[]): ScalarTensor => ScalarTensor.from([data.length], data);
const total = (numbers: Iterable<number>): number => [...numbers].reduce((sum, n) => sum + n, 0);

const numbers = (length: number, most = 10): fc.Arbitrary<number[]> =>
  fc.array(fc.double({ min: -most, max: most, noNaN: true }), { minLength: length, maxLength: length });
const rows = fc.integer({ min: 1, max: 8 }).chain((length) => numbers(length));

// Results of fewer than a hundred numbers near 1 in float64, each step accurate to 1e-16.
const CLOSE = 12;

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(actual.length).toBe(expected.length);
  Array.from(expected).forEach((n, i) => {
    expect(actual[i]).toBeCloseTo(n, CLOSE);
  });
}

test("linear multiplies by the transposed weight: each row of the weight makes one output", () => {
  const x = ScalarTensor.from([2, 2], [1, 2, 3, 4]);
  const weight = ScalarTensor.from([3, 2], [1, 0, 0, 1, 1, 1]);
  const y = linear(x, weight);
  expect(y.shape).toEqual([2, 3]);
  expect([...y.data()]).toEqual([1, 2, 3, 3, 4, 7]);
});

describe("softmax", () => {
  test("gives exp(x) over their sum, row by row", () => {
    const x = ScalarTensor.from([2, 2], [0, Math.log(3), 5, 5]);
    expectClose(softmax(x).data(), [1 / 4, 3 / 4, 1 / 2, 1 / 2]);
  });

  test("is positive and sums to 1", () => {
    fc.assert(
      fc.property(rows, (row) => {
        const probabilities = softmax(vector(...row)).data();
        expect(total(probabilities)).toBeCloseTo(1, CLOSE);
        expect(Math.min(...probabilities)).toBeGreaterThan(0);
      }),
    );
  });

  test("does not change if the same number is added to every logit", () => {
    fc.assert(
      fc.property(rows, fc.double({ min: -10, max: 10, noNaN: true }), (row, shift) => {
        expectClose(softmax(vector(...row).add(shift)).data(), softmax(vector(...row)).data());
      }),
    );
  });

  test.each<[row: number[], probabilities: number[]]>([
    [
      [1000, -1000],
      [1, 0],
    ],
    [
      [1000, 1000],
      [1 / 2, 1 / 2],
    ],
    [
      [-1000, -1000, -1000, -1000],
      [1 / 4, 1 / 4, 1 / 4, 1 / 4],
    ],
  ])("neither overflows nor divides 0 by 0: %j gives %j", (row, probabilities) => {
    const x = vector(...row);
    const result = softmax(x);
    expect([...result.data()]).toEqual(probabilities);
    result.slice(0, 0, 1).backward();
    expect([...x.grad()].every(Number.isFinite)).toBe(true);
  });

  test("gives -Infinity the probability 0 and a gradient of 0", () => {
    const x = vector(0, -Infinity, 0);
    const result = softmax(x);
    expect([...result.data()]).toEqual([1 / 2, 0, 1 / 2]);
    result.slice(0, 0, 1).backward();
    expectClose(x.grad(), [1 / 4, 0, -1 / 4]);
  });

  test("has the closed-form gradient p_i (δ_ij - p_j), which subtracting the maximum does not change", () => {
    fc.assert(
      fc.property(rows, (row) => {
        const x = vector(...row);
        const p = softmax(x);
        p.slice(0, 0, 1).backward();
        const [p0 = Number.NaN] = p.data();
        expectClose(
          x.grad(),
          p.data().map((pj, j) => p0 * ((j === 0 ? 1 : 0) - pj)),
        );
      }),
    );
  });
});

describe("crossEntropy", () => {
  test("is -log softmax(logits)[target] at each position", () => {
    const batches = fc.tuple(
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 2, max: 5 }),
    );
    const cases = batches.chain(([B, T, V]) =>
      fc.tuple(
        fc.constant([B, T] as const),
        numbers(B * T * V),
        fc.array(fc.nat({ max: V - 1 }), { minLength: B * T, maxLength: B * T }),
      ),
    );
    fc.assert(
      fc.property(cases, ([[B, T], data, targets]) => {
        const V = data.length / (B * T);
        const logits = ScalarTensor.from([B, T, V], data);
        const losses = crossEntropy(logits, ScalarTensor.from([B, T], targets));
        const p = softmax(logits).data();
        expect(losses.shape).toEqual([B, T]);
        expectClose(
          losses.data(),
          targets.map((target, i) => -Math.log(p[i * V + target] ?? Number.NaN)),
        );

        // The gradient of their sum is softmax minus one-hot.
        losses.reshape(-1).sum(0).backward();
        const expected = p.map((pj, j) => pj - (j % V === targets[Math.floor(j / V)] ? 1 : 0));
        expectClose(logits.grad(), expected);
      }),
    );
  });

  test.each([2, 27, 1000])("of %d equal logits is log V: a model that knows nothing", (V) => {
    const logits = ScalarTensor.from([2, V], new Float64Array(2 * V).fill(3));
    expectClose(crossEntropy(logits, vector(0, V - 1)).data(), [Math.log(V), Math.log(V)]);
  });

  test("of a target whose probability rounds to 0 is the difference of the logits, not Infinity", () => {
    const logits = ScalarTensor.from([1, 2], [1000, -1000]);
    const loss = crossEntropy(logits, vector(1));
    loss.backward();
    expect(loss.item().data).toBe(2000);
    expect([...logits.grad()]).toEqual([1, -1]);
  });

  test("takes one row and one number as well", () => {
    expect(crossEntropy(vector(0, 0), ScalarTensor.from([], [1])).item().data).toBeCloseTo(Math.LN2, CLOSE);
  });
});

describe("rmsnorm", () => {
  test("gives every row a mean square of 1 and keeps its direction", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8 }).chain((C) => numbers(2 * C)),
        (data) => {
          const shape: Shape = [2, data.length / 2];
          const [C = 1] = shape.slice(1);
          const result = rmsnorm(ScalarTensor.from(shape, data), 0.5).data();
          for (const start of [0, C]) {
            const row = data.slice(start, start + C);
            const meanSquare = total(row.map((n) => n * n)) / C;
            expectClose(
              result.slice(start, start + C),
              row.map((n) => n / Math.sqrt(meanSquare + 0.5)),
            );
          }
        },
      ),
    );
  });

  test("by default adds 1e-5 to the mean square, which matters only for small rows", () => {
    const large = rmsnorm(vector(300, -400)).data();
    expect(total(large.map((n) => n * n)) / 2).toBeCloseTo(1, 9);
    const small = rmsnorm(vector(1e-3, -1e-3)).data();
    expectClose(small, [1e-3 / Math.sqrt(1e-6 + 1e-5), -1e-3 / Math.sqrt(1e-6 + 1e-5)]);
  });

  test("leaves a row of zeros at 0 with a finite gradient", () => {
    const x = vector(0, 0);
    const result = rmsnorm(x);
    result.sum(0).backward();
    expect([...result.data()]).toEqual([0, 0]);
    expectClose(
      x.grad().map((grad) => grad / 1e-5 ** -0.5),
      [1, 1],
    );
  });
});

describe("dropout", () => {
  const keys = [0, 5, 2 ** 24 - 1, 5];
  const x = ScalarTensor.from(
    [4, 500],
    Array.from({ length: 2000 }, (_, i) => i + 1),
  );
  const drop = (rate: number): number[] => [...dropout(x, ScalarTensor.from([4, 1], keys), rate).data()];

  test.each([0.1, 0.5, 0.75])(
    "of %d sets the entries selected by their hash to 0, and scales the others up",
    (rate) => {
      const expected = [...x.data()].map((n, i) => {
        const hash = hash24(keys[Math.floor(i / 500)] ?? 0, i % 500);
        return hash < rate * 2 ** 24 ? 0 : n / (1 - rate);
      });
      expectClose(drop(rate), expected);
      const dropped = expected.filter((n) => n === 0).length / 2000;
      expect(Math.abs(dropped - rate)).toBeLessThan(5 * Math.sqrt((rate * (1 - rate)) / 1500));
    },
  );

  test("of 0 changes nothing", () => expect(drop(0)).toEqual([...x.data()]));

  test("keeps a hash exactly at the limit, and no lower one", () => {
    const [one] = [ScalarTensor.from([1, 1], [1])];
    const hash = hash24(7, 0);
    const dropAt = (limit: number): number => dropout(one, ScalarTensor.from([1, 1], [7]), limit / 2 ** 24).item().data;
    expect([dropAt(hash) > 0, dropAt(hash + 0.5), dropAt(hash + 1)]).toEqual([true, 0, 0]);
  });

  test("passes on the gradient of kept entries, scaled up equally", () => {
    const y = ScalarTensor.from([2, 9], new Array(18).fill(1));
    const result = dropout(y, ScalarTensor.from([2, 1], [1, 2]), 0.5);
    result.reshape(-1).sum(0).backward();
    expect([...y.grad()]).toEqual([...result.data()]);
  });
});
