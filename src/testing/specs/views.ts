/** For tests: operations that only move entries. */

import fc from "fast-check";
import { broadcastShapes, knownShape, sizeOf } from "../../util/shape.ts";
import { filled, pairs, size, tensors, withAxis } from "./inputs.ts";
import { entryAt, range, read } from "./numbers.ts";
import type { Specs } from "./spec.ts";

export const views: Specs<"reshape" | "permute" | "expand" | "slice" | "concat"> = {
  reshape: {
    cases: tensors().chain((x) =>
      fc
        .tuple(fc.shuffledSubarray([...x.shape, 1], { minLength: x.shape.length + 1 }), fc.nat({ max: 2 }))
        .map(([sizes, cut]) => ({ inputs: [x], attrs: { shape: [sizeOf(sizes.slice(0, cut)), ...sizes.slice(cut)] } })),
    ),
    entry: ([x], { shape }, i) => read({ shape: knownShape(shape), data: x.data }, i),
  },
  permute: {
    cases: tensors().chain((x) =>
      fc
        .shuffledSubarray(range(x.shape.length), { minLength: x.shape.length })
        .map((axes) => ({ inputs: [x], attrs: { axes } })),
    ),
    entry: ([x], { axes }, i) =>
      read(
        x,
        range(axes.length).map((d) => entryAt(i, axes.indexOf(d))),
      ),
  },
  expand: {
    cases: pairs().chain(([x, y]) =>
      filled(x).map((tensor) => ({ inputs: [tensor] as const, attrs: { shape: broadcastShapes(x, y) ?? [] } })),
    ),
    entry: ([x], _, i) => read(x, i),
  },
  slice: {
    cases: withAxis.chain(({ inputs, attrs: { axis } }) =>
      fc
        .uniqueArray(fc.nat({ max: entryAt(inputs[0].shape, axis) }), { minLength: 2, maxLength: 2 })
        .map(([a = 0, b = 0]) => ({ inputs, attrs: { axis, start: Math.min(a, b), end: Math.max(a, b) } })),
    ),
    entry: ([x], { axis, start }, i) => read(x, i.with(axis, entryAt(i, axis) + start)),
  },
  concat: {
    cases: withAxis.chain(({ inputs: [{ shape }], attrs }) =>
      fc
        .array(
          size.chain((length) => filled(shape.with(attrs.axis, length))),
          { minLength: 1, maxLength: 3 },
        )
        .map((inputs) => ({ inputs, attrs })),
    ),
    entry: (inputs, { axis }, i) => {
      let k = entryAt(i, axis);
      const owner = inputs.find(({ shape }) => {
        const inside = k < entryAt(shape, axis);
        if (!inside) k -= entryAt(shape, axis);
        return inside;
      });
      return owner === undefined ? Number.NaN : read(owner, i.with(axis, k));
    },
  },
};
