import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { evaluate } from "../graph/evaluate.ts";
import { GraphNode } from "../graph/graph-node.ts";
import { ScalarTensor } from "../scalar/scalar-tensor.ts";
import { MicrogptError } from "../util/errors.ts";
import { attention, attentionWeights } from "./nn.ts";

// Sums of a few numbers near 3, each step accurate to 1e-16.
const CLOSE = 12;

const entries = (length: number): fc.Arbitrary<number[]> =>
  fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: length, maxLength: length });

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(Array.from(actual)).toEqual(Array.from(expected, (n) => expect.closeTo(n, CLOSE)));
}

describe("the definition", () => {
  const upTo4 = fc.integer({ min: 1, max: 4 });
  const cases = fc
    .tuple(upTo4, upTo4, upTo4)
    .chain(([T, S, D]) =>
      fc.record({ q: entries(T * D), k: entries(S * D), v: entries(S * D), sizes: fc.constant({ T, S, D }) }),
    );

  test("has weights that are positive and sum to 1 for each query", () => {
    fc.assert(
      fc.property(cases, ({ q, k, sizes: { T, S, D } }) => {
        const weights = attentionWeights(ScalarTensor.from([T, D], q), ScalarTensor.from([S, D], k));
        expect(weights.shape).toEqual([T, S]);
        expect(weights.data().every((weight) => weight > 0)).toBe(true);
        expectClose(weights.sum(-1).data(), Array(T).fill(1));
      }),
    );
  });

  test("mixes the values by softmax(q · k / √D)", () => {
    fc.assert(
      fc.property(cases, ({ q, k, v, sizes: { T, S, D } }) => {
        const mixed = attention(
          ScalarTensor.from([T, D], q),
          ScalarTensor.from([S, D], k),
          ScalarTensor.from([S, D], v),
        );
        expect(mixed.shape).toEqual([T, D]);
        const expected = q.map((_, i) => {
          const [t, d] = [Math.floor(i / D), i % D];
          let [total, sum] = [0, 0];
          for (let s = 0; s < S; s++) {
            let dot = 0;
            for (let c = 0; c < D; c++) dot += (q[t * D + c] ?? Number.NaN) * (k[s * D + c] ?? Number.NaN);
            const weight = Math.exp(dot / Math.sqrt(D));
            total += weight;
            sum += weight * (v[s * D + d] ?? Number.NaN);
          }
          return sum / total;
        });
        expectClose(mixed.data(), expected);
      }),
    );
  });
});

/** R queries on S keys and values of two heads with three channels; each row sees some of the keys. */
interface Rows {
  readonly R: number;
  readonly S: number;
  readonly q: readonly number[];
  readonly k: readonly number[];
  readonly v: readonly number[];
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

const [H, D] = [2, 3];

const rows: fc.Arbitrary<Rows> = fc
  .record({ R: fc.integer({ min: 1, max: 4 }), S: fc.integer({ min: 1, max: 6 }) })
  .chain(({ R, S }) => {
    const range = fc.uniqueArray(fc.nat({ max: S }), { minLength: 2, maxLength: 2 });
    const ranges = fc.array(range, { minLength: R, maxLength: R });
    const numbers = fc.tuple(entries(R * H * D), entries(S * H * D), entries(S * H * D), ranges);
    return numbers.map(([q, k, v, all]) => {
      const [starts, ends] = [all.map((pair) => Math.min(...pair)), all.map((pair) => Math.max(...pair))];
      return { R, S, q, k, v, starts, ends };
    });
  });

function scalar({ R, S, q, k, v, starts, ends }: Rows): Float64Array {
  const [keys, values] = [ScalarTensor.from([S, H, D], k), ScalarTensor.from([S, H, D], v)];
  const [from, to] = [ScalarTensor.from([R], starts), ScalarTensor.from([R], ends)];
  return ScalarTensor.from([R, H, D], q).attention(keys, values, from, to).data();
}

function reference({ R, S, ...numbers }: Rows): Float64Array {
  const input = (name: string, n: number): GraphNode => GraphNode.input(name, [n, H, D]);
  const [starts, ends] = [GraphNode.input("starts", [R]), GraphNode.input("ends", [R])];
  const mixed = input("q", R).attention(input("k", S), input("v", S), starts, ends);
  return evaluate([mixed], { ...numbers })[0] ?? new Float64Array();
}

const interpreters = [
  ["ScalarTensor", scalar],
  ["the reference backend", reference],
] as const;

describe.each(interpreters)("the operation, on %s,", (_, attend) => {
  test("is the definition, row by row and head by head", () => {
    fc.assert(
      fc.property(rows, (example) => {
        const { S, q, k, v, starts, ends } = example;
        const expected = starts.flatMap((start, r) =>
          [0, 1].flatMap((h) => {
            const query = ScalarTensor.from([1, D], q.slice((r * H + h) * D, (r * H + h + 1) * D));
            const seen = (x: readonly number[]): ScalarTensor =>
              ScalarTensor.from([S, H, D], x)
                .slice(1, h, h + 1)
                .slice(0, start, ends[r] ?? 0)
                .reshape(-1, D);
            return [...attention(query, seen(k), seen(v)).data()];
          }),
        );
        expectClose(attend(example), expected);
      }),
    );
  });

  test("ignores everything outside its range: another key and value there change no bit", () => {
    fc.assert(
      fc.property(rows, fc.nat(), (example, at) => {
        const { S, k, v, starts, ends } = example;
        const changedRow = at % S;
        const other = (x: readonly number[]): number[] =>
          x.map((n, i) => (Math.floor(i / (H * D)) === changedRow ? n + 1 : n));
        const unseen = (_: number, i: number): boolean => {
          const r = Math.floor(i / (H * D));
          return changedRow < (starts[r] ?? 0) || changedRow >= (ends[r] ?? 0);
        };
        const changed = attend({ ...example, k: other(k), v: other(v) });
        expect(changed.filter(unseen)).toEqual(attend(example).filter(unseen));
      }),
    );
  });

  test("returns the value of the only visible row, for any query", () => {
    fc.assert(
      fc.property(rows, (example) => {
        const ends = example.starts.map((start) => start + 1);
        const values = example.starts.flatMap((start) => example.v.slice(start * H * D, (start + 1) * H * D));
        // Adding 0 makes -0 a 0.
        const nonNegative = (x: ArrayLike<number>): number[] => Array.from(x, (n) => n + 0);
        expect(nonNegative(attend({ ...example, ends }))).toEqual(nonNegative(values));
      }),
    );
  });

  test.each<[starts: number[], ends: number[], got: string]>([
    [[0, 2], [1, 2], "2 to 2 at row 1"],
    [[-1, 0], [1, 1], "-1 to 1 at row 0"],
    [[0, 0], [1, 4], "0 to 4 at row 1"],
  ])("refuses rows that see %j to %j", (starts, ends, got) => {
    const x = (n: number): number[] => Array<number>(n * H * D).fill(0);
    const act = (): unknown => attend({ R: 2, S: 3, q: x(2), k: x(3), v: x(3), starts, ends });
    expect(act).toThrow(MicrogptError);
    expect(act).toThrow(`attention: expected whole numbers 0 <= start < end <= 3, got ${got}; check the ranges`);
  });
});
