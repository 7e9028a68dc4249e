import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { presets } from "../train/presets.ts";
import { narrowed, narrowParams, rounded } from "./narrow.ts";

const matrix = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 9 })).chain(([rows, width]) =>
  fc.tuple(
    fc.constant(rows),
    fc.array(fc.float({ noNaN: true, noDefaultInfinity: true, min: -100, max: 100 }), {
      minLength: rows * width,
      maxLength: rows * width,
    }),
  ),
);

describe.each(["f16", "bf16", "int8"] as const)("weights of %s", (format) => {
  test("rounded once more are the same", () => {
    fc.assert(
      fc.property(matrix, ([rows, numbers]) => {
        const once = rounded(format, numbers, rows);
        const twice = rounded(format, once, rows);
        const largest = once.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
        // A scale may differ by a rounding.
        for (const [i, x] of twice.entries()) {
          expect(Math.abs(x - (once[i] ?? Number.NaN))).toBeLessThanOrEqual(2e-7 * largest);
        }
      }),
    );
  });

  test("are as near as the format allows", () => {
    const relative = { f16: 2 ** -11, bf16: 2 ** -8, int8: 0 }[format];
    fc.assert(
      fc.property(matrix, ([rows, numbers]) => {
        const width = numbers.length / rows;
        rounded(format, numbers, rows).forEach((x, i) => {
          const row = numbers.slice(Math.floor(i / width) * width, Math.floor(i / width) * width + width);
          const step = format === "int8" ? Math.max(...row.map(Math.abs)) / 254 : 2 ** -25;
          const exact = numbers[i] ?? Number.NaN;
          expect(Math.abs(x - exact)).toBeLessThanOrEqual(1.00001 * (relative * Math.abs(exact) + step) + 1e-40);
        });
      }),
    );
  });
});

test("int8 has a scale for each row, by its largest number", () => {
  const { numbers, scales } = narrowed("int8", [1, -2, 0.5, 0, 0, 0], 2);
  expect(scales).toEqual(Float32Array.of(2 / 127, 0));
  expect(Array.from(numbers, Math.round)).toEqual([64, -127, 32, 0, 0, 0]);
  expect([...rounded("int8", [0, 0], 1)]).toEqual([0, 0]);
});

test("floats of 16 bits hold the largest of them instead of infinity", () => {
  expect([...rounded("f16", [1e6, -1e6], 1)]).toEqual([65_504, -65_504]);
  expect([...rounded("bf16", [3.4e38], 1)]).toEqual([(2 - 2 ** -7) * 2 ** 127]);
});

test("matrices that tokens are multiplied with are narrow; embeddings, gains and biases are not", () => {
  const config = { ...presets.microgpt.model, vocabSize: 5, normGain: true, bias: true, mlp: "swiglu" as const };
  const names = (more: object): string[] => narrowParams({ ...config, ...more }).map(({ name }) => name);
  const layer = ["attn_wq", "attn_wk", "attn_wv", "attn_wo", "mlp_fc1", "mlp_fc2", "mlp_gate"].map(
    (w) => `layer0.${w}`,
  );
  expect(names({})).toEqual(["lm_head", ...layer]);
  expect(names({ tied: true })).toEqual(layer);
  // A matrix of one column stays f32.
  expect(names({ nInner: 1 })).not.toContain("layer0.mlp_fc2");
});
