/** For tests: linear layer and cross entropy in one, and its gradient. */

import fc from "fast-check";
import { exp, log } from "../../util/math.ts";
import { filled, idsBelow, size } from "./inputs.ts";
import { entryAt, type Numbers, range, read, sum } from "./numbers.ts";
import type { Specs } from "./spec.ts";

const classifying = fc
  .tuple(size, size, size, fc.constantFrom(0, 2))
  .chain(([R, C, V, cap]) =>
    fc.tuple(fc.tuple(filled([R, C]), filled([V, C]), filled([R], idsBelow(V))), fc.constant(cap)),
  );

/** The logits of row r, held within ± cap unless that is 0. */
function logitsOf(x: Numbers, weight: Numbers, cap: number, r: number): number[] {
  const channels = range(entryAt(x.shape, 1));
  const logits = range(entryAt(weight.shape, 0)).map((v) =>
    sum(channels.map((c) => read(x, [r, c]) * read(weight, [v, c]))),
  );
  return cap === 0 ? logits : logits.map((logit) => cap * Math.tanh(logit / cap));
}

export const crossEntropy: Specs<"linearCrossEntropy" | "linearCrossEntropyGrad"> = {
  linearCrossEntropy: {
    cases: classifying.map(([inputs, cap]) => ({ inputs, attrs: { cap } })),
    entry: ([x, weight, targets], { cap }, [r = 0]) => {
      const logits = logitsOf(x, weight, cap, r);
      return log(sum(logits.map((logit) => exp(logit)))) - entryAt(logits, read(targets, [r]));
    },
    constants: [2],
    rounded: true,
  },
  linearCrossEntropyGrad: {
    cases: classifying
      .chain(([inputs, cap]) =>
        fc.tuple(fc.constant(inputs), fc.constant(cap), filled(inputs[2].shape), fc.constantFrom("x", "weight")),
      )
      .map(([[x, weight, targets], cap, g, of]) => {
        const data = range(targets.data.length).map((r) =>
          crossEntropy.linearCrossEntropy.entry([x, weight, targets], { cap }, [r]),
        );
        return { inputs: [x, weight, targets, { shape: targets.shape, data }, g] as const, attrs: { cap, of } };
      }),
    entry: ([x, weight, targets, , g], { cap, of }, [row = 0, c = 0]) => {
      const slope = (r: number, v: number): number => {
        const logits = logitsOf(x, weight, cap, r);
        const share = exp(entryAt(logits, v)) / sum(logits.map((logit) => exp(logit)));
        const held = cap === 0 ? 1 : 1 - (entryAt(logits, v) / cap) ** 2;
        return (share - (read(targets, [r]) === v ? 1 : 0)) * held * read(g, [r]);
      };
      const [rows, tokens] = [range(entryAt(x.shape, 0)), range(entryAt(weight.shape, 0))];
      if (of === "x") return sum(tokens.map((v) => slope(row, v) * read(weight, [v, c])));
      return sum(rows.map((r) => slope(r, row) * read(x, [r, c])));
    },
    rounded: true,
    noGradient: "second derivatives of it are not available",
  },
};
