import { describe, expect, test } from "vitest";
import { MODEL_HELP } from "../model/config.ts";
import { snakeCase } from "../util/case.ts";
import { presets } from "./presets.ts";
import { checkSettings, TRAINING_HELP, type TrainingSettings } from "./settings.ts";

const good = presets.microgpt.training;

/** Settings from a file or a command line, where types promise nothing. */
const withLie = (lie: object): TrainingSettings => ({ ...good, ...lie });

describe("settings in range pass unchanged", () => {
  test.each<[name: string, change: Partial<TrainingSettings>]>([
    ["those of the presets", {}],
    ["a single step", { numSteps: 1 }],
    ["any positive learning rate", { learningRate: 1e300 }],
    ["a constant schedule", { schedule: "constant" }],
    ["no momentum", { beta1: 0, beta2: 0 }],
    ["betas just below 1", { beta1: 1 - 2 ** -53, beta2: 1 - 2 ** -53 }],
    ["many documents a step", { batchSize: 4096 }],
    ["weight decay", { weightDecay: 0.1 }],
    ["clipping", { gradClip: 1e-9 }],
    ["a negative seed", { seed: -5 }],
    ["the largest seed", { seed: Number.MAX_SAFE_INTEGER }],
  ])("%s", (_, change) => {
    const settings = withLie(change);
    expect(checkSettings(settings)).toBe(settings);
  });
});

describe("a setting out of range is refused in one line that names it", () => {
  const wholeFromOne = "numSteps to be a whole number, 1 or more";
  const aboveZero = (name: string): string => `${name} to be a finite number above 0`;
  const belowOne = (name: string): string => `${name} to be at least 0 and below 1`;
  const fromZero = (name: string): string => `${name} to be a finite number, 0 or more`;
  const range = "give a number in that range";

  test.each<[lie: object, expected: string, got: string, fix: string]>([
    [{ numSteps: 0 }, wholeFromOne, "0", range],
    [{ numSteps: -3 }, wholeFromOne, "-3", range],
    [{ numSteps: 1.5 }, wholeFromOne, "1.5", range],
    [{ numSteps: 2 ** 53 }, wholeFromOne, "9007199254740992", range],
    [{ numSteps: NaN }, wholeFromOne, "NaN", range],
    [{ numSteps: Infinity }, wholeFromOne, "Infinity", range],
    [{ numSteps: "100" }, wholeFromOne, '"100"', range],
    [{ numSteps: undefined }, wholeFromOne, "undefined", range],
    [{ learningRate: 0 }, aboveZero("learningRate"), "0", range],
    [{ learningRate: -0.1 }, aboveZero("learningRate"), "-0.1", range],
    [{ learningRate: NaN }, aboveZero("learningRate"), "NaN", range],
    [{ learningRate: Infinity }, aboveZero("learningRate"), "Infinity", range],
    [{ learningRate: null }, aboveZero("learningRate"), "null", range],
    [{ schedule: "step" }, "schedule to be one of cosine, linear, constant", '"step"', "pick one of them"],
    [{ schedule: ["linear"] }, "schedule to be one of cosine, linear, constant", '["linear"]', "pick one of them"],
    [{ beta1: 1 }, belowOne("beta1"), "1", range],
    [{ beta1: -0.1 }, belowOne("beta1"), "-0.1", range],
    [{ beta1: NaN }, belowOne("beta1"), "NaN", range],
    [{ beta2: 1 }, belowOne("beta2"), "1", range],
    [{ beta2: "0.99" }, belowOne("beta2"), '"0.99"', range],
    [{ eps: 0 }, aboveZero("eps"), "0", range],
    [{ eps: Infinity }, aboveZero("eps"), "Infinity", range],
    [{ batchSize: 0 }, "batchSize to be a whole number, 1 or more", "0", range],
    [{ batchSize: 2.5 }, "batchSize to be a whole number, 1 or more", "2.5", range],
    [{ weightDecay: -0.1 }, fromZero("weightDecay"), "-0.1", range],
    [{ weightDecay: Infinity }, fromZero("weightDecay"), "Infinity", range],
    [{ gradClip: -1 }, fromZero("gradClip"), "-1", range],
    [{ gradClip: NaN }, fromZero("gradClip"), "NaN", range],
    [{ gradClip: "1" }, fromZero("gradClip"), '"1"', range],
    [{ seed: 1.5 }, "seed to be a whole number", "1.5", range],
    [{ seed: 2 ** 53 }, "seed to be a whole number", "9007199254740992", range],
    [{ seed: null }, "seed to be a whole number", "null", range],
  ])("%o", (lie, expected, got, fix) => {
    const message = `train: expected ${expected}, got ${got}; ${fix}`;
    expect(() => checkSettings(withLie(lie))).toThrow(expect.objectContaining({ name: "MicrogptError", message }));
  });
});

test("lines of help call no setting by its name, which is another in flags, forms and code", () => {
  const help = Object.entries({ ...MODEL_HELP, ...TRAINING_HELP });
  const names = help.flatMap(([name]) => [name, snakeCase(name)]).filter((name) => /[A-Z_]/.test(name));
  for (const [name, { words }] of help) {
    const called = words.split(/[^\w]+/).filter((word) => names.includes(word));
    expect({ name, called }).toEqual({ name, called: [] });
  }
});
