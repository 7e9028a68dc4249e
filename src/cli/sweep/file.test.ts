import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MicrogptError } from "../../index.ts";
import { parseSweep, printSweep, type SweepRun } from "./file.ts";

const RUN = { name: "seed-1", flags: { seed: "1" }, state: "waiting" };
const sweepOf = (...runs: readonly object[]): string =>
  JSON.stringify({ type: "sweep", version: 1, files: ["names.txt"], fixed: { strict: true }, varied: ["seed"], runs });

describe("row 9: in a sweep.json", () => {
  test.each([
    "../../x",
    "../x",
    "/tmp/x",
    "a/b",
    "..\\x",
    "C:\\x",
    "x\0y",
    "..",
    ".",
    "",
    ".hidden",
    "a\nb",
    "\u202ex",
    "NUL",
    "con.x",
    "x".repeat(300),
  ])("the name %j is refused", (name) => {
    expect(() => parseSweep(sweepOf(RUN, { ...RUN, name }))).toThrow(
      /^sweep\.json: expected file names inside its folder, got ".{0,200}; delete it$/,
    );
  });

  test.each(["seed-1", "SEED-1"])("two runs with the same name are refused: %s", (name) => {
    expect(() => parseSweep(sweepOf(RUN, { ...RUN, name }))).toThrow(/expected a different name for each run/);
  });

  test.each<[what: string, run: object]>([
    ["a name that is none", { name: 7 }],
    ["a best that is none", { best: { step: 1 } }],
    ["a loss that is a text", { loss: "3" }],
    ["a message that is none", { message: {} }],
    ["a code that is none", { code: 1 }],
    ["flags that are a list", { flags: [] }],
    ["a flag that is none", { flags: { seed: ["1"] } }],
    ["a state that is none", { state: "lost" }],
  ])("%s is refused", (_, about) => {
    expect(() => parseSweep(sweepOf({ ...RUN, ...about }))).toThrow(
      /expected a sweep of version 1, got something else/,
    );
  });
});

test("a flag that train does not have is refused, with the nearest that it has", () => {
  expect(() => parseSweep(sweepOf({ ...RUN, flags: { sed: "1" } }))).toThrow(
    'sweep.json: expected a flag of microgpt train, got "sed" (did you mean seed?); delete it',
  );
});

test("a sweep of 0.5 over the activation is one over the mlp", () => {
  const run = { name: "activation-relu", flags: { activation: "relu" }, state: "done" };
  const old = { type: "sweep", version: 1, files: [], fixed: {}, varied: ["activation"], runs: [run] };
  const { varied, runs } = parseSweep(JSON.stringify(old));
  expect([varied, runs]).toEqual([["mlp"], [{ ...run, flags: { mlp: "relu" } }]]);
});

test("survives writing and reading, NaN included", () => {
  const runs: SweepRun[] = [
    {
      name: "seed-1",
      flags: { seed: "1" },
      state: "done",
      best: { step: 5, valLoss: 2 },
      loss: Number.NaN,
      step: 9,
      seconds: 1,
    },
    { name: "seed-2", flags: { seed: "2" }, state: "failed", code: "memory", message: "no" },
  ];
  const sweep = { files: ["a.txt"], fixed: { n_embd: "8", strict: true as const }, varied: ["seed"], runs };
  expect(parseSweep(printSweep(sweep))).toEqual(sweep);
});

test("any content is read or refused", () => {
  const text = sweepOf(RUN, { ...RUN, name: "seed-2", best: { step: 1, valLoss: 2 }, message: "x" });
  const change = fc.tuple(fc.nat(text.length), fc.nat(8), fc.string({ maxLength: 8 }));
  fc.assert(
    fc.property(change, ([at, length, put]) => {
      try {
        for (const { name } of parseSweep(text.slice(0, at) + put + text.slice(at + length)).runs) {
          expect(name).toMatch(/^\w[\w.+-]*$/);
        }
      } catch (error) {
        if (!(error instanceof MicrogptError)) throw error;
      }
    }),
    { numRuns: 2000 },
  );
});
