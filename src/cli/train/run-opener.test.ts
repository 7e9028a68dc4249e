import { describe, expect, test } from "vitest";
import { type EngineOptions, type Run, startRun } from "../../index.ts";
import { absent, compiling } from "../../native/native-testing.ts";
import { RunOpener } from "./run-opener.ts";

const LONG = { seconds: 60, steps: 10_000 };
const start = (options: EngineOptions): Run => startRun(["ab", "ba"], { model: { nEmbd: 4, nHead: 1 }, ...options });

describe.skipIf(absent)(compiling("a long run"), () => {
  // Seconds per step on machine code and on WebAssembly. Nothing is compiled, since no step is taken.
  test.each([
    ["native", 1, 3, { reason: "faster", gain: 3 }],
    ["native", 3, 3, { reason: "faster", gain: 1 }],
    ["native", 4, 3, { reason: "faster", gain: 0.75 }],
    ["wasm", 6, 3, { reason: "slower", gain: 0.5 }],
  ] as const)(
    "is on %s if a step takes %d s on machine code and %d s on WebAssembly",
    async (name, native, wasm, why) => {
      const opener = new RunOpener({}, expect.unreachable, async (_, { engine }) =>
        engine === "wasm" ? wasm : native,
      );
      const run = await opener.open(LONG, start);
      expect(opener.choice).toMatchObject({ name, ...why });
      const { engine } = run.model;
      expect(typeof engine === "string" ? engine : engine.name).toBe(name);
      expect(opener.options.engine).toBe(engine);
      run.model.dispose();
      // The next run is on the same engine, without another measurement.
      const next = await opener.open(LONG, start);
      expect(next.model.engine).toBe(engine);
      next.model.dispose();
    },
  );
});
