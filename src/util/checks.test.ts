import { describe, expect, test } from "vitest";
import { checkAbove, checkBelow, checkInteger, checkOneOf } from "./checks.ts";
import { MicrogptError } from "./errors.ts";

interface Check {
  readonly name: string;
  readonly run: (value: unknown) => unknown;
  readonly passes: readonly unknown[];
  readonly refuses: readonly unknown[];
  readonly message: string;
}

const checks: readonly Check[] = [
  {
    name: "checkInteger with both ends",
    run: (value) => checkInteger("config", "n_layer", value, { min: 1, max: 9 }),
    passes: [1, 5, 9],
    refuses: [0, 10, 1.5, Number.NaN, Infinity, "5", null, undefined, 5n],
    message: "config: expected n_layer to be a whole number from 1 to 9, got",
  },
  {
    name: "checkInteger with a least value",
    run: (value) => checkInteger("config", "n_layer", value, { min: 1 }),
    passes: [1, Number.MAX_SAFE_INTEGER],
    refuses: [0, -1, 2 ** 53, Infinity],
    message: "config: expected n_layer to be a whole number, 1 or more, got",
  },
  {
    name: "checkInteger without ends",
    run: (value) => checkInteger("random", "seed", value, {}),
    passes: [0, -5, Number.MIN_SAFE_INTEGER],
    refuses: [0.1, -(2 ** 53), "0"],
    message: "random: expected seed to be a whole number, got",
  },
  {
    name: "checkAbove",
    run: (value) => checkAbove("train", "eps", value, 0),
    passes: [Number.MIN_VALUE, 1, 1e300],
    refuses: [0, -1, Infinity, Number.NaN, "1", null, undefined],
    message: "train: expected eps to be a finite number above 0, got",
  },
  {
    name: "checkAbove with a most value",
    run: (value) => checkAbove("train", "fraction", value, 0, 1),
    passes: [0.5, 1],
    refuses: [0, 1.0001, Number.NaN],
    message: "train: expected fraction to be a finite number above 0 and at most 1, got",
  },
  {
    name: "checkBelow",
    run: (value) => checkBelow("train", "beta1", value, 0, 1),
    passes: [0, 0.9, 0.999],
    refuses: [1, -0.1, Number.NaN, "0.9", null],
    message: "train: expected beta1 to be at least 0 and below 1, got",
  },
  {
    name: "checkOneOf",
    run: (value) => checkOneOf("train", "schedule", value, ["cosine", "linear"]),
    passes: ["cosine", "linear"],
    refuses: ["Cosine", "", 0, undefined, "toString"],
    message: "train: expected schedule to be one of cosine, linear, got",
  },
];

describe.each(checks)("$name", ({ run, passes, refuses, message }) => {
  test.each(passes)("returns %s unchanged", (value) => {
    expect(run(value)).toBe(value);
  });

  test.each(refuses)("refuses %s in one line that names the setting", (value) => {
    expect(() => run(value)).toThrow(MicrogptError);
    expect(() => run(value)).toThrow(message);
  });
});

test("a message shows the value and the fix", () => {
  expect(() => checkInteger("config", "n_layer", "two", { min: 1 }, "use --n_layer 2")).toThrow(
    'config: expected n_layer to be a whole number, 1 or more, got "two"; use --n_layer 2',
  );
});

test("an upper limit alone is named too", () => {
  expect(() => checkInteger("config", "n_layer", 12, { max: 9 })).toThrow(/\b9\b.*got 12/);
});
