import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ScalarTensor } from "../scalar/scalar-tensor.ts";
import { rowsOf } from "../testing/packed.ts";
import { examples, fixed } from "../testing/small-gpts.ts";
import { Random } from "../util/random.ts";
import { gpt, type WatchPoint } from "./gpt.ts";
import { initParams } from "./init.ts";

const [tokens, context] = rowsOf([0, 1, 2]);

describe("`watch`", () => {
  /** The values at each point, for fixed weights and one document; at one of them the result may be replaced. */
  function watched(changed?: WatchPoint, answer = (x: ScalarTensor): ScalarTensor => x) {
    const params = initParams(fixed, new Random(1), ScalarTensor.from);
    const told = new Map<WatchPoint, ScalarTensor>();
    const watch = (point: WatchPoint, x: ScalarTensor): ScalarTensor => {
      const y = point === changed ? answer(x) : x;
      told.set(point, y);
      return y;
    };
    const logits = gpt(params, tokens, { ...context, watch }, fixed);
    const at = (point: WatchPoint): number[] => [...(told.get(point)?.data() ?? [])];
    return { at, logits };
  }

  test("sees every point in order, and if it returns its argument the logits are unchanged", () => {
    fc.assert(
      fc.property(examples, ({ config, params, batch }) => {
        const { nEmbd: C, nHead: H, nLayer, vocabSize } = config;
        const [tokens, context] = rowsOf(...batch);
        const { shape: [R = 0] = [] } = tokens;
        const told: [WatchPoint, readonly number[]][] = [];
        const watch = (point: WatchPoint, x: ScalarTensor): ScalarTensor => {
          told.push([point, x.shape]);
          return x;
        };
        const logits = gpt(params, tokens, { ...context, watch }, config);
        expect(logits.data()).toEqual(gpt(params, tokens, context, config).data());
        const heads = [R, H, C / H];
        const layers = Array.from({ length: nLayer }, (_, i) => [
          [`layer${i}.attn_norm`, [R, C]],
          ...["q", "k", "v", "heads"].map((point) => [`layer${i}.${point}`, heads]),
          [`layer${i}.attn`, [R, C]],
          [`layer${i}.mlp_norm`, [R, C]],
          [`layer${i}.hidden`, [R, 4 * C]],
          [`layer${i}.mlp`, [R, C]],
        ]);
        expect(told).toEqual([["embedding", [R, C]], ...layers.flat(), ["logits", [R, vocabSize]]]);
      }),
    );
  });

  // Everything later depends only on one of these: each is the model's whole state at that point.
  test.each<WatchPoint>(["embedding", "layer0.attn", "layer0.mlp", "layer1.attn", "layer1.mlp", "logits"])(
    "its result at %s is used",
    (point) => {
      const params = initParams(fixed, new Random(1), ScalarTensor.from);
      const [other, otherContext] = rowsOf([3, 2, 2]);
      const told = new Map<WatchPoint, ScalarTensor>();
      const watch = (name: WatchPoint, x: ScalarTensor): ScalarTensor => {
        told.set(name, x);
        return x;
      };
      const expected = gpt(params, other, { ...otherContext, watch }, fixed);
      const { logits } = watched(point, (x) => told.get(point) ?? x);
      expect(logits.data()).toEqual(expected.data());
      expect(logits.data()).not.toEqual(watched().logits.data());
    },
  );

  test.each<[changed: WatchPoint, found: WatchPoint, expected: WatchPoint | "nothing" | "the mean of v"]>([
    ["layer1.attn_norm", "layer1.q", "nothing"],
    ["layer1.attn_norm", "layer1.k", "nothing"],
    ["layer1.attn_norm", "layer1.v", "nothing"],
    ["layer1.q", "layer1.heads", "the mean of v"],
    ["layer1.k", "layer1.heads", "the mean of v"],
    ["layer1.v", "layer1.heads", "nothing"],
    ["layer1.heads", "layer1.attn", "layer0.mlp"],
    ["layer1.mlp_norm", "layer1.hidden", "nothing"],
    ["layer1.hidden", "layer1.mlp", "layer1.attn"],
  ])("0 at %s makes %s %s", (changed, found, expected) => {
    const { at } = watched(changed, (x) => x.mul(0));
    const v = at("layer1.v");
    const meanOfV = (i: number): number => {
      const seen = v.filter((_, j) => j % 4 === i % 4).slice(0, 1 + Math.floor(i / 4)); // the rows up to its own
      return seen.reduce((sum, x) => sum + x) / seen.length;
    };
    const numbers =
      expected === "nothing"
        ? at(found).map(() => 0)
        : expected === "the mean of v"
          ? v.map((_, i) => meanOfV(i))
          : at(expected);
    // A mean of three numbers near 1, in another order.
    expect(at(found)).toEqual(numbers.map((x) => expect.closeTo(x, 14)));
    expect(at(found)).not.toEqual(watched().at(found));
  });
});
