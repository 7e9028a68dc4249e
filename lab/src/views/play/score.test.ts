import { expect, test } from "vitest";
import { lossOf, meanLoss, NO_SCORE, plus } from "./score.ts";

test.each([
  ["a hit costs what was thought of it", { token: 3, sure: 0.5 }, 3, Math.log(2)],
  ["a miss costs the share of one of the 26 others", { token: 3, sure: 0.5 }, 4, Math.log(52)],
  ["who is surer pays more for a miss", { token: 3, sure: 0.99 }, 4, Math.log(2600)],
  ["who knows nothing pays ln 27 in any case", { token: 3, sure: 1 / 27 }, 4, Math.log(27)],
])("%s", (_, guess, truth, loss) => {
  expect(lossOf(guess, truth, 27)).toBeCloseTo(loss, 12);
});

test("the probabilities of all tokens sum to 1", () => {
  const given = Array.from({ length: 27 }, (_, truth) => Math.exp(-lossOf({ token: 5, sure: 0.37 }, truth, 27)));
  expect(given.reduce((sum, p) => sum + p)).toBeCloseTo(1, 12);
});

test("a score is the sum of its turns", () => {
  const score = plus(plus(NO_SCORE, true, 1), false, 3);
  expect(score).toEqual({ turns: 2, hits: 1, loss: 4 });
  expect(meanLoss(score)).toBe(2);
  expect(meanLoss(NO_SCORE)).toBeNaN();
});
