/** Real runs, each built to earn its verdict, and healthy ones, which get none. */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { generate } from "../model/generate.ts";
import { noise, type Watched, watch } from "../testing/watched.ts";
import { VERDICT_KINDS, type VerdictKind, verdictsOf } from "./verdicts.ts";

const file = readFileSync(new URL("../../data/ssa-names-2018.txt", import.meta.url), "utf8");
const names = file.split("\n").filter((name, i) => name !== "" && i % 11 === 0 && !/[qx]/.test(name));
const [val, train] = [names.slice(0, 150), names.slice(150)];
const few = train.filter((_, i) => i % 50 === 0);

/** Running text as windows of 33 characters. */
function windows(path: string): Pick<Watched, "train" | "val"> {
  const text = readFileSync(new URL(path, import.meta.url), "utf8").replace(/[^\x20-\x7e\n]/g, "");
  const cut = text.match(/[\s\S]{33}/g) ?? [];
  const known = new Set(cut.filter((_, i) => i % 10 !== 0).join(""));
  const held = cut.filter((window, i) => i % 10 === 0 && [...window].every((char) => known.has(char)));
  return { train: cut.filter((_, i) => i % 10 !== 0), val: held.slice(0, 60) };
}

const complaints = (kinds: readonly VerdictKind[]): VerdictKind[] => kinds.filter((kind) => kind !== "below-bigram");

describe("a run that", () => {
  test.each<[what: string, verdict: VerdictKind, message: RegExp, advice: RegExp, run: Watched]>([
    [
      "has a rate of 1",
      "learning-rate-too-high",
      /^the learning rate of 1 is too high: the loss rose to \d+\.\d\d, above the \d\.\d\d of guessing$/,
      /^try learningRate: 0\.1$/,
      { train, val, training: { numSteps: 60, learningRate: 1 } },
    ],
    [
      "has a rate of 0.3 that falls",
      "learning-rate-too-high",
      /above the \d\.\d\d of guessing, before it fell$/,
      /^try learningRate: 0\.1$/,
      { train, val, training: { numSteps: 300, learningRate: 0.3, schedule: "cosine" } },
    ],
    [
      "has a rate without any sense",
      "diverged",
      /^the run diverged: at step 2 the loss or its gradient was no longer a finite number$/,
      /^try learningRate: 0\.01 with gradClip: 1$/,
      { train, val, training: { numSteps: 60, learningRate: 1e30 } },
    ],
    [
      "has learned all that there is in random letters",
      "plateau",
      /^no progress since step 333: the training loss stays at 1\.\d\d: a model of this size has learned what it can/,
      /^let the rate fall \(schedule: "cosine"\), stop here, or take a larger model$/,
      { train: noise(500, 12, 1), val: noise(100, 12, 2), training: { numSteps: 500 } },
    ],
    [
      "has two channels, too few to tell 27 letters apart",
      "plateau",
      /^no progress since step 533: .*, and a bigram model has 2\.\d\d: it is stuck$/,
      /^try learningRate: 0\.01, or a larger model$/,
      {
        train,
        val,
        model: { nEmbd: 2, nHead: 1 },
        training: { numSteps: 800, learningRate: 0.03, batchSize: 64 },
        evaluations: 4,
      },
    ],
    [
      "has a rate of 0.00001",
      "plateau",
      /^hardly any progress: the training loss is 3\.\d\d after 300 steps$/,
      /^the learning rate is too low: try learningRate: 0\.0001$/,
      { train, val, model: { nEmbd: 8 }, training: { numSteps: 300, learningRate: 1e-5 } },
    ],
    [
      "ends too early",
      "not-below-bigram",
      /^validation loss 2\.\d\d does not beat a bigram model's 2\.\d\d/,
      /^train longer, numSteps: 160, or find a better rate with findLearningRate\(\)$/,
      { train, val, training: { numSteps: 40, learningRate: 0.01 } },
    ],
  ])("%s: %s", async (_, kind, message, advice, watched) => {
    const verdict = verdictsOf((await watch(watched)).history).find((v) => v.kind === kind);
    expect(verdict?.message.toString()).toMatch(message);
    expect(verdict?.advice.toString()).toMatch(advice);
  });

  test("memorizes 58 names: overfitting, copies, too little data", async () => {
    const { run, history } = await watch({ train: few, val, model: { nEmbd: 32 }, training: { numSteps: 240 } });
    const { random } = run.progress;
    const samples = Array.from({ length: 20 }, () =>
      [...generate(run.model, run.tokenizer, { random, temperature: 0.5 })].join(""),
    );
    const copied = samples.filter((sample) => few.includes(sample)).length;
    const verdicts = verdictsOf({ ...history, novelty: { samples: 20, copied } });
    expect(verdicts.map(({ kind }) => kind)).toEqual(["overfitting", "copies", "data-too-small", "not-below-bigram"]);
    const [overfitting, copies, data] = verdicts;
    expect(overfitting?.step).toBeLessThan(100);
    expect(overfitting?.message.toString()).toMatch(
      /^overfitting since step \d+: the validation loss was 2\.\d\d then and is [3-9]\.\d\d now, while the training loss fell from \d\.\d\d to 0\.\d\d$/,
    );
    expect(overfitting?.advice.toString()).toMatch(
      /^use the best model, from step \d+; then try a smaller model, more text/,
    );
    expect(copies?.message.toString()).toBe(
      `it copies the training data: ${copied} of 20 samples are in it word for word`,
    );
    expect(data?.message.toString()).toMatch(
      /^the data is small for the model, which has 14,\d\d\d parameters for 3\d\d tokens and sees each of them \d\d times$/,
    );
    expect(data?.advice.toString()).toMatch(/ or numSteps: \d\d$/);
  });
});

describe("a healthy run gets only the verdict that it beats the bigram model:", () => {
  const training = { numSteps: 400, learningRate: 0.01, schedule: "cosine", batchSize: 16 } as const;
  test.each<[what: string, run: Watched]>([
    ["names, 16 at a time", { train, val, training }],
    ["names, a rate that stays", { train, val, training: { ...training, schedule: "constant" } }],
    ["names, a low rate", { train, val, training: { ...training, learningRate: 0.003 } }],
    ["names, two layers", { train, val, model: { nLayer: 2, nEmbd: 32 }, training: { ...training, numSteps: 200 } }],
    [
      "names, as microgpt.py",
      { train, val, training: { numSteps: 1000, learningRate: 0.01, schedule: "linear", batchSize: 1, gradClip: 0 } },
    ],
    [
      "names, as the early microgpt.py, 4 at a time",
      {
        ...{ train, val },
        model: { initStd: 0.02, zeroInit: true, mlp: "relu2", blockSize: 8 },
        training: { ...training, numSteps: 700, batchSize: 4 },
      },
    ],
    [
      "prose",
      {
        ...windows("../../ARCHITECTURE.md"),
        model: { nEmbd: 32, blockSize: 32 },
        training: { ...training, batchSize: 8 },
      },
    ],
    [
      "code",
      {
        ...windows("../../bench/engine/loops.ts"),
        model: { nEmbd: 32, blockSize: 32 },
        training: { ...training, batchSize: 8, numSteps: 250 },
      },
    ],
  ])("%s", async (_, watched) => {
    const { history } = await watch(watched);
    const verdicts = verdictsOf(history);
    expect(verdicts.map(({ kind }) => kind)).toEqual(["below-bigram"]);
    expect(verdicts[0]?.message.toString()).toMatch(/^validation loss \d\.\d\d beats a bigram model's \d\.\d\d$/);
    // Nor at any earlier time, when the live line asks.
    for (const { step } of history.evaluations) {
      const losses = history.losses.slice(0, step);
      const evaluations = history.evaluations.filter((evaluation) => evaluation.step <= step);
      const kinds = verdictsOf({ ...history, losses, evaluations }).map(({ kind }) => kind);
      expect([step, complaints(kinds)]).toEqual([step, []]);
    }
  });
});

test("the most severe comes first", () => {
  expect(VERDICT_KINDS[0]).toBe("diverged");
  expect(VERDICT_KINDS.at(-1)).toBe("below-bigram");
});
