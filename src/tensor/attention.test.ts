import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ScalarTensor } from "../scalar/scalar-tensor.ts";
import { attention, causalMask } from "./nn.ts";

test.each<[T: number, S: number, rows: string[]]>([
  [1, 1, ["0"]],
  [3, 3, ["0 - -", "0 0 -", "0 0 0"]],
  [1, 4, ["0 0 0 0"]],
  [2, 4, ["0 0 0 -", "0 0 0 0"]],
])("causalMask(%d, %d) lets each position see itself and what is before it", (T, S, rows) => {
  expect(causalMask(T, S)).toEqual(rows.flatMap((row) => row.split(" ").map((n) => (n === "-" ? -Infinity : 0))));
});

/** Queries, keys and values of two heads: row t of head h is entry h * T + t. */
interface Heads {
  readonly T: number;
  readonly D: number;
  readonly q: readonly number[][];
  readonly k: readonly number[][];
  readonly v: readonly number[][];
}

const H = 2;

const heads: fc.Arbitrary<Heads> = fc
  .record({ T: fc.integer({ min: 1, max: 5 }), D: fc.integer({ min: 1, max: 3 }) })
  .chain(({ T, D }) => {
    const row = fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: D, maxLength: D });
    const rows = fc.array(row, { minLength: H * T, maxLength: H * T });
    return fc.record({ T: fc.constant(T), D: fc.constant(D), q: rows, k: rows, v: rows });
  });

/** The attention of tensors, as rows again. */
function attend({ T, D, q, k, v }: Heads): number[][] {
  const tensor = (rows: readonly number[][]): ScalarTensor => ScalarTensor.from([H, T, D], rows.flat());
  const mask = ScalarTensor.from([T, T], causalMask(T, T));
  const mixed = attention(tensor(q), tensor(k), tensor(v), mask);
  expect(mixed.shape).toEqual([H, T, D]);
  return Array.from({ length: H * T }, (_, row) => [...mixed.data().slice(row * D, (row + 1) * D)]);
}

const sum = (terms: readonly number[]): number => terms.reduce((total, term) => total + term, 0);
const dot = (x: readonly number[], y: readonly number[]): number => sum(x.map((n, i) => n * (y[i] ?? Number.NaN)));

describe("attention", () => {
  test("mixes the values up to each position by softmax(q · k / √D)", () => {
    fc.assert(
      fc.property(heads, (example) => {
        const { T, D, q, k, v } = example;
        attend(example).forEach((mixed, row) => {
          const first = row - (row % T); // of this head
          const weights = k.slice(first, row + 1).map((key) => Math.exp(dot(q[row] ?? [], key) / Math.sqrt(D)));
          mixed.forEach((entry, d) => {
            const column = v.slice(first, row + 1).map((value) => value[d] ?? Number.NaN);
            // Sums of a few numbers of size 3, each step good to 1e-16.
            expect(entry).toBeCloseTo(dot(weights, column) / sum(weights), 12);
          });
        });
      }),
    );
  });

  test("does not look ahead: another last key and value change nothing before them, not by a bit", () => {
    fc.assert(
      fc.property(heads, (example) => {
        const { T, k, v } = example;
        const isLast = (row: number): boolean => row % T === T - 1;
        const other = (rows: readonly number[][]): number[][] =>
          rows.map((entries, row) => entries.map((n) => (isLast(row) ? n + 1 : n)));
        // + 0 makes 0 of -0, which the sign of what is multiplied by 0 may decide.
        const earlier = (rows: readonly number[][]): number[][] =>
          rows.filter((_, row) => !isLast(row)).map((entries) => entries.map((n) => n + 0));
        expect(earlier(attend({ ...example, k: other(k), v: other(v) }))).toEqual(earlier(attend(example)));
      }),
    );
  });

  test("of the first position is its own value, whatever the query", () => {
    fc.assert(
      fc.property(heads, (example) => {
        const [first = []] = attend(example);
        expect(first.map((n) => n + 0)).toEqual(example.v[0]?.map((n) => n + 0));
      }),
    );
  });
});
