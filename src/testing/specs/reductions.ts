/** For tests: sums, maxima and products along an axis. */

import fc from "fast-check";
import { filled, long, pairs, short, size, withAxis } from "./inputs.ts";
import { entryAt, line, range, read, sum } from "./numbers.ts";
import type { Specs } from "./spec.ts";

export const reductions: Specs<"sum" | "max" | "matmul"> = {
  sum: { cases: withAxis, entry: ([x], { axis }, i) => sum(line(x, axis, i)) },
  max: { cases: withAxis, entry: ([x], { axis }, i) => Math.max(...line(x, axis, i)), kinked: true },
  matmul: {
    cases: fc
      .oneof(
        fc.tuple(pairs(), short, size, short),
        fc.tuple(fc.constant([[], []]), long, short, short),
        fc.tuple(fc.constant([[], []]), short, size, long),
        fc.tuple(fc.constant([[], []]), size, long, short),
      )
      .chain(([[x, y], m, k, n]) => fc.tuple(filled([...x.slice(-2), m, k]), filled([...y.slice(-2), k, n])))
      .map((inputs) => ({ inputs, attrs: {} })),
    entry: ([x, y], _, i) => {
      const [batch, m, n] = [i.slice(0, -2), entryAt(i, -2), entryAt(i, -1)];
      return sum(range(entryAt(x.shape, -1)).map((k) => read(x, [...batch, m, k]) * read(y, [...batch, k, n])));
    },
  },
};
