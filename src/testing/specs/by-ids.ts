/** For tests: operations that choose rows or entries by ids. */

import fc from "fast-check";
import { filled, idsBelow, shapes, size, tensors } from "./inputs.ts";
import { coordinatesOf, entryAt, range, read, sum } from "./numbers.ts";
import type { Specs } from "./spec.ts";

export const byIds: Specs<"embedding" | "scatter" | "oneHot" | "gather" | "put"> = {
  embedding: {
    cases: fc
      .tuple(size, size, shapes(0))
      .chain(([V, C, shape]) => fc.tuple(filled([V, C]), filled(shape.slice(1), idsBelow(V))))
      .map((inputs) => ({ inputs, attrs: {} })),
    entry: ([table, ids], _, i) => read(table, [read(ids, i.slice(0, -1)), entryAt(i, -1)]),
    constants: [1],
  },
  scatter: {
    cases: fc
      .tuple(size, tensors(1))
      .chain(([rows, x]) =>
        fc.tuple(fc.constant(x), filled(x.shape.slice(0, -1), idsBelow(rows)), fc.constant({ rows })),
      )
      .map(([x, ids, attrs]) => ({ inputs: [x, ids], attrs })),
    entry: ([x, ids], _, [row = 0, c = 0]) =>
      sum([0, ...coordinatesOf(ids.shape).flatMap((i) => (read(ids, i) === row ? [read(x, [...i, c])] : []))]),
    constants: [1],
  },
  oneHot: {
    cases: fc
      .tuple(size, shapes(0))
      .chain(([V, shape]) => filled(shape, idsBelow(V)).map((ids) => ({ inputs: [ids] as const, attrs: { size: V } }))),
    entry: ([ids], _, i) => (read(ids, i.slice(0, -1)) === entryAt(i, -1) ? 1 : 0),
    constants: [0],
  },
  gather: {
    cases: tensors(1)
      .chain((x) => fc.tuple(fc.constant(x), filled(x.shape.slice(0, -1), idsBelow(entryAt(x.shape, -1)))))
      .map((inputs) => ({ inputs, attrs: {} })),
    entry: ([x, ids], _, i) => read(x, [...i, read(ids, i)]),
    constants: [1],
  },
  put: {
    cases: tensors(1)
      .chain((table) => {
        const N = entryAt(table.shape, 0);
        return fc.tuple(fc.constant(table), fc.shuffledSubarray(range(N), { minLength: 1 }));
      })
      .chain(([table, data]) =>
        filled(table.shape.with(0, data.length)).map((rows) => ({
          inputs: [table, { shape: [data.length], data }, rows] as const,
          attrs: {},
        })),
      ),
    entry: ([table, ids, rows], _, [n = 0, ...i]) => {
      const row = ids.data.indexOf(n);
      return row === -1 ? read(table, [n, ...i]) : read(rows, [row, ...i]);
    },
    constants: [1],
  },
};
