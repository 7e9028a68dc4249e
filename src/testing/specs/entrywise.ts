/** For tests: operations on one entry at a time. */

import fc from "fast-check";
import { hash24 } from "../../util/hash.ts";
import { exp, log, pow } from "../../util/math.ts";
import { erf } from "../../util/special.ts";
import { broadcasting, counter, filled, pairs, positive, tensors, unary } from "./inputs.ts";
import { read } from "./numbers.ts";
import type { Specs } from "./spec.ts";

export const entrywise: Specs<
  "add" | "mul" | "pow" | "sigmoid" | "erf" | "exp" | "log" | "relu" | "step" | "hash" | "detach"
> = {
  add: { cases: broadcasting, entry: ([x, y], _, i) => read(x, i) + read(y, i) },
  mul: { cases: broadcasting, entry: ([x, y], _, i) => read(x, i) * read(y, i) },
  pow: {
    cases: fc.tuple(tensors(0, positive), fc.constantFrom(-1, -0.5, 0, 0.5, 1, 2, 3)).map(([x, exponent]) => ({
      inputs: [x],
      attrs: { exponent },
    })),
    entry: ([x], { exponent }, i) => pow(read(x, i), exponent),
  },
  sigmoid: { cases: unary(), entry: ([x], _, i) => 1 / (1 + exp(-read(x, i))), rounded: true },
  erf: { cases: unary(), entry: ([x], _, i) => erf(read(x, i)) },
  exp: { cases: unary(), entry: ([x], _, i) => exp(read(x, i)) },
  log: { cases: unary(positive), entry: ([x], _, i) => log(read(x, i)) },
  relu: { cases: unary(), entry: ([x], _, i) => Math.max(0, read(x, i)), kinked: true },
  step: { cases: unary(), entry: ([x], _, i) => (read(x, i) > 0 ? 1 : 0), constants: [0] },
  hash: {
    cases: pairs()
      .chain(([x, y]) => fc.tuple(filled(x, counter), filled(y, counter)))
      .map((inputs) => ({ inputs, attrs: {} })),
    entry: ([x, y], _, i) => hash24(read(x, i), read(y, i)),
    constants: [0, 1],
    exact: true,
  },
  detach: { cases: unary(), entry: ([x], _, i) => read(x, i), constants: [0] },
};
