/**
 * The second half of the promise: the compiled engine learns the same. It computes in float32, so its losses equal
 * CPython's only to some digits: a weight's last bits are rounded away, and Adam divides by gradients that may be tiny.
 * A single draw that differs shifts the random stream for every later name, so the names need not all be CPython's;
 * here they are.
 */

import { existsSync } from "node:fs";
import { type PresetName, presets } from "microgpt";
import { beforeAll, describe, expect, test } from "vitest";
import {
  GOLDEN,
  inRepository,
  type Replay,
  readDocuments,
  readJSON,
  replay,
  type Trace,
  worstDifference,
} from "./support/traces.ts";

// 1e-6 was the worst in the first hundred steps, strict or not.
const EARLY_LOSS = 1e-4;
// The published revision stays that close to its end (8e-7). The early one (zero init, squared ReLU) drifts as in
// golden.test.ts: up to 5e-3 at some step, but the mean of the last fifty is off by at most 7e-5.
const LOSS: { readonly [P in PresetName]: number } = { "microgpt-early": 0.02, microgpt: 1e-4 };
const LAST_50: { readonly [P in PresetName]: number } = { "microgpt-early": 0.01, microgpt: 1e-4 };

// All of them here. The strict engine has the same bits everywhere; the relaxed one rounds like the machine, and may
// lose names of the early revision elsewhere.
const RELAXED_NAMES: { readonly [P in PresetName]: number } = { "microgpt-early": 10, microgpt: 20 };

describe.each(GOLDEN)("$name", ({ name, preset, data }) => {
  const absent = !existsSync(inRepository(data));
  describe.skipIf(absent)(absent ? `skipped because ${data} is not there` : `preset ${preset} on ${data}`, () => {
    describe.each([true, false])("strict: %s", (strict) => {
      const trace = readJSON<Trace>(`test/golden/${name}.json`);
      let ours: Replay;

      beforeAll(async () => {
        const documents = readDocuments(data, trace.dataset.sha256);
        ours = await replay(documents, { ...presets[preset], engine: "wasm", strict }, trace);
      }, 120_000);

      test("the losses are CPython's, within float32", () => {
        expect(ours.losses).toHaveLength(presets[preset].training.numSteps);
        expect(worstDifference(ours.losses.slice(0, 100), trace.losses.slice(0, 100))).toBeLessThan(EARLY_LOSS);
        expect(worstDifference(ours.losses, trace.losses)).toBeLessThan(LOSS[preset]);
      });

      test("the mean of the last fifty is CPython's", () => {
        const mean = (losses: readonly number[]): number => losses.slice(-50).reduce((sum, loss) => sum + loss, 0) / 50;
        expect(Math.abs(mean(ours.losses) - mean(trace.losses))).toBeLessThan(LAST_50[preset]);
      });

      test("names are CPython's", () => {
        expect(ours.samples).toHaveLength(20);
        const same = ours.samples.filter((sample, i) => sample === trace.samples[i]);
        expect(same.length).toBeGreaterThanOrEqual(strict ? 20 : RELAXED_NAMES[preset]);
      });
    });
  });
});
