/** The rules at their limits, on simulated histories. */

import { describe, expect, test } from "vitest";
import { Random } from "../util/random.ts";
import { meanLoss, RunHistory } from "./history.ts";
import { type History, judge, type VerdictKind, verdictsOf } from "./verdicts.ts";

const facts = {
  settings: { numSteps: 1000, learningRate: 0.01, schedule: "constant" },
  vocabSize: 27,
  numParams: 4192,
  trainTokens: 200_000,
  tokensPerStep: 100,
  baseline: { uniform: 3.3, unigram: 2.8, bigram: 2.45 },
} as const;

/** A loss that falls from 3.3 towards `end`, with noise. */
function falling(steps: number, end: number, noise = 0.05): number[] {
  const random = new Random(1);
  return Array.from(
    { length: steps },
    (_, i) => end + (3.3 - end) * Math.exp((-5 * i) / steps) + random.gauss(0, noise),
  );
}

const evaluations = (...losses: number[]): History["evaluations"] =>
  losses.map((loss, i) => ({ step: (i + 1) * 100, loss }));

const healthy: History = {
  ...facts,
  losses: falling(1000, 2),
  evaluations: evaluations(2.8, 2.6, 2.45, 2.3, 2.25, 2.2, 2.17, 2.15, 2.14, 2.13),
};

const kindsOf = (history: History): VerdictKind[] => verdictsOf(history).map(({ kind }) => kind);

describe("verdicts on", () => {
  test.each<[what: string, change: Partial<History>, kinds: VerdictKind[]]>([
    ["a healthy run", {}, ["below-bigram"]],
    ["nothing yet", { losses: [], evaluations: [] }, []],
    ["seven steps, too few for a mean", { losses: Array(7).fill(9), evaluations: [] }, []],
    ["eight steps above guessing", { losses: Array(8).fill(9), evaluations: [] }, ["learning-rate-too-high"]],
    ["one bad step of many", { losses: falling(1000, 2).with(500, 30) }, ["below-bigram"]],
    ["NaN in the losses", { losses: [3.3, Number.NaN], evaluations: [] }, ["diverged"]],
    ["an error at a step", { losses: [3.3], evaluations: [], diverged: { step: 2 } }, ["diverged"]],
    [
      "a loss that comes back up",
      { losses: falling(500, 2).concat(Array(100).fill(2.9)), evaluations: [] },
      ["learning-rate-too-high"],
    ],
    [
      "a spike that is over",
      { losses: [...falling(500, 2), ...Array(20).fill(3.2), ...Array(200).fill(2)], evaluations: [] },
      [],
    ],
    [
      "a loss that stays where the frequencies of tokens leave it",
      { losses: falling(300, 2.8, 0.01), evaluations: [] },
      ["learning-rate-too-high"],
    ],
    [
      "the same of data that has no more in it",
      { losses: falling(300, 2.8, 0.01), evaluations: [], baseline: { uniform: 3.3, unigram: 2.8, bigram: 2.79 } },
      ["plateau"],
    ],
    ["two evaluations above the best", { evaluations: evaluations(2.6, 2.3, 2.2, 2.4, 2.41) }, ["below-bigram"]],
    [
      "three evaluations above the best",
      { evaluations: evaluations(2.6, 2.3, 2.2, 2.4, 2.41, 2.43) },
      ["overfitting", "below-bigram"],
    ],
    [
      "three that are above it by less than 1 %",
      { evaluations: evaluations(2.6, 2.3, 2.2, 2.21, 2.21, 2.21) },
      ["below-bigram"],
    ],
    [
      "evaluations that jump about as much all the time",
      { evaluations: evaluations(2.6, 2.3, 2.4, 2.12, 2.3, 2.15, 2.28, 2.16, 2.27) },
      ["below-bigram"],
    ],
    [
      "a training loss that does not fall on",
      { losses: Array(1000).fill(2.3), evaluations: evaluations(2.6, 2.5, 2.2, 2.4, 2.41, 2.43) },
      ["plateau", "below-bigram"],
    ],
    [
      "a flat loss at a rate that has yet to fall",
      {
        losses: Array(480).fill(2.3),
        settings: { ...facts.settings, schedule: "cosine" },
        evaluations: [],
        baseline: { ...facts.baseline, bigram: 2.4 },
      },
      [],
    ],
    ["copies of a few common names", { novelty: { samples: 20, copied: 12 } }, ["below-bigram"]],
    ["four samples, all copied", { novelty: { samples: 4, copied: 4 } }, ["below-bigram"]],
    ["row 32: one blank sample of three", { novelty: { samples: 3, copied: 0, repetitive: 1 } }, ["below-bigram"]],
    [
      "row 32: two blank samples of three, without praise",
      { novelty: { samples: 3, copied: 0, repetitive: 2 } },
      ["repetitive"],
    ],
    ["row 32: a blank sample", { novelty: { samples: 1, copied: 0, repetitive: 1 } }, ["repetitive"]],
    ["row 32: one sample over and over", { novelty: { samples: 20, copied: 0, duplicates: 15 } }, ["repetitive"]],
    ["some alike", { novelty: { samples: 20, copied: 0, duplicates: 14 } }, ["below-bigram"]],
    ["one copy over and over", { novelty: { samples: 20, copied: 20, duplicates: 19 } }, ["copies", "below-bigram"]],
    ["copies and nothing else", { novelty: { samples: 20, copied: 19 } }, ["copies", "below-bigram"]],
    [
      "copies of what is learned by heart",
      { losses: falling(1000, 1), novelty: { samples: 20, copied: 12 } },
      ["copies", "below-bigram"],
    ],
    ["small data, seen once", { trainTokens: 100_000, numParams: 10_000_000 }, ["below-bigram"]],
    ["small data, seen ten times", { trainTokens: 10_000, numParams: 1_000_000 }, ["data-too-small", "below-bigram"]],
    ["no better than a bigram model, at the end", { evaluations: evaluations(2.8, 2.5, 2.46) }, ["not-below-bigram"]],
    ["the same on the way", { losses: falling(900, 2), evaluations: evaluations(2.8, 2.5, 2.46) }, []],
  ])("%s", (_, change, kinds) => {
    expect(kindsOf({ ...healthy, ...change })).toEqual(kinds);
  });

  // As with Chinese: many characters, few occurrences of each.
  test.each([
    [27, 200_000, /^train longer, numSteps: 4000, /],
    [27, 8_000, /^train longer, numSteps: 4000, /],
    [2841, 8_000, /^use more text: /],
    [27, 5_000, /^use more text: /],
  ])(
    "row 11: a run that does not beat a bigram model, with %d tokens and %d of text, gets helpful advice",
    (vocabSize, trainTokens, advice) => {
      const worse = { ...healthy, vocabSize, trainTokens, evaluations: evaluations(2.8, 2.5, 2.46) };
      expect(
        verdictsOf(worse)
          .find(({ kind }) => kind === "not-below-bigram")
          ?.advice.toString(),
      ).toMatch(advice);
    },
  );
});

test("diverged names the file with the last good weights", () => {
  const [verdict] = verdictsOf({ ...healthy, diverged: { step: 431, checkpoint: "model.safetensors" } });
  expect({ ...verdict, advice: String(verdict?.advice) }).toEqual({
    kind: "diverged",
    step: 431,
    values: { step: 431, learningRate: 0.01 },
    message:
      "the run diverged: at step 431 the loss or its gradient was no longer a finite number; the model from before it is kept in model.safetensors",
    advice: "try learningRate: 0.001 with gradClip: 1",
  });
});

describe("the history", () => {
  test("of any length has 64 to 127 stretches that cover every full stretch of steps", () => {
    const history = new RunHistory(facts);
    for (let step = 1; step <= 20_000; step++) {
      history.addLoss(step);
      const { stretches } = history;
      if (step < 128 * 8 || step % 97 !== 0) continue;
      expect(stretches.length).toBeGreaterThanOrEqual(64);
      expect(stretches.length).toBeLessThan(128);
      const [first] = stretches;
      stretches.forEach(({ start, count, sum }, i) => {
        if (start !== i * count || count !== first?.count || sum !== count * (start + (count + 1) / 2)) {
          throw new Error(`stretch ${i} after ${step} steps: ${JSON.stringify({ start, count, sum })}`);
        }
      });
    }
  });

  test("knows the mean of its last steps", () => {
    const history = RunHistory.of(
      facts,
      Array.from({ length: 1600 }, (_, i) => (i < 1500 ? 3 : 2)),
    );
    const recent = history.recent(0.05);
    expect(recent && meanLoss(recent)).toBe(2);
  });

  test("of a million steps is judged a thousand times in under a second", () => {
    const history = new RunHistory({ ...facts, settings: { ...facts.settings, numSteps: 1_000_000 } });
    for (let i = 0; i < 1_000_000; i++) history.addLoss(2 + 1 / (1 + i / 1000));
    for (let i = 1; i <= 1000; i++) history.addEvaluation({ step: i * 1000, loss: 2 + 1 / i });
    const start = performance.now();
    for (let i = 0; i < 1000; i++) judge(history);
    expect(performance.now() - start).toBeLessThan(1000);
  });
});
