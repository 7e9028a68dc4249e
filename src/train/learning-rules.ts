/** Rules about learning: from a run's training losses and its learning rate. */

import { log } from "../util/math.ts";
import { say, set } from "../util/words.ts";
import { AT_BIGRAM, type Finding, loss, NOW, type Outcome, plain, tryRate } from "./finding.ts";
import { isAboveGuessing, meanLoss, meanRate, type RunHistory, standardError } from "./history.ts";

/** No higher rate is worth a try after a run that diverged. */
const SANE = 0.01;

export function diverged(history: RunHistory, outcome: Outcome): Finding | undefined {
  const step = outcome.diverged?.step ?? history.diverged;
  if (step === undefined) return undefined;
  const file = outcome.diverged?.checkpoint;
  const kept = file === undefined ? "" : `; the model from before it is kept in ${file}`;
  const { learningRate } = history.facts.settings;
  return {
    step,
    values: { step, learningRate },
    message: `the run diverged: at step ${step} the loss or its gradient was no longer a finite number${kept}`,
    advice: say`${tryRate(Math.min(SANE, learningRate / 10))} with ${set("gradClip", 1)}`,
  };
}

/** Share of the progress lost again, more than any healthy run of verdicts.slow.test.ts loses at any time. */
const LOST = 0.3;
/** Number of standard errors by which a difference must exceed 0. */
const SURE = 4;
/**
 * With a sum of learning rates of 1, any weight could have moved anywhere, so low rates do not explain a lack of
 * learning.
 */
const FAR = 1;
/** The bigram loss is below this share of the unigram loss if there is anything to learn. */
const LEARNABLE = 0.97;

export function learningRateTooHigh(history: RunHistory): Finding | undefined {
  const { facts, stretches, steps } = history;
  const { learningRate } = facts.settings;
  const [first, now] = [stretches[0], history.recent(NOW)];
  if (now === undefined || first === undefined) return undefined;
  const start = log(facts.vocabSize);
  const above = stretches.find(isAboveGuessing);
  if (above !== undefined) {
    const peak = Math.max(...stretches.map(meanLoss));
    const still = isAboveGuessing(now);
    return {
      step: above.start + 1,
      values: { learningRate, peak, guessing: start },
      message:
        `the learning rate of ${plain(learningRate)} is too high: the loss rose to ${loss(peak)}, above the ` +
        `${loss(start)} of guessing${still ? "" : ", before it fell"}`,
      advice: tryRate(learningRate / (still ? 10 : 3)),
    };
  }
  const lowest = stretches.reduce((low, stretch) => (meanLoss(stretch) < meanLoss(low) ? stretch : low), first);
  const [rise, doubt] = [meanLoss(now) - meanLoss(lowest), standardError(now) + standardError(lowest)];
  if (rise > LOST * (start - meanLoss(lowest)) && rise > SURE * doubt) {
    return {
      step: lowest.start + lowest.count,
      values: { learningRate, lowest: meanLoss(lowest), loss: meanLoss(now) },
      message: `the learning rate of ${plain(learningRate)} is too high: the loss was ${loss(meanLoss(lowest))} and is ${loss(meanLoss(now))} again`,
      advice: tryRate(learningRate / 3),
    };
  }
  const { baseline } = facts;
  const learnable = baseline !== undefined && baseline.bigram < LEARNABLE * baseline.unigram;
  if (learnable && history.travelled > FAR && meanLoss(now) > baseline.unigram * 0.99) {
    return {
      values: { learningRate, steps, loss: meanLoss(now), unigram: baseline.unigram },
      message:
        `the learning rate of ${plain(learningRate)} is too high: after ${steps} steps the loss is ${loss(meanLoss(now))}, no ` +
        `better than the ${loss(baseline.unigram)} of knowing how frequent each token is`,
      advice: tryRate(learningRate / 10),
    };
  }
  return undefined;
}

/** With fewer steps the last third says nothing. */
const FEWEST_STEPS = 240;
/** Weights begin at 0.02 to 0.1: a smaller sum of rates has hardly moved them. */
const HARDLY = 0.01;
/** A smaller gain between the halves of the last third, as a share of the loss, is no progress. */
const PROGRESS = 0.005;
/** The rate counts as not yet decayed while it is above this share of its maximum. */
const DECAYED = 0.5;
export function plateau(history: RunHistory): Finding | undefined {
  const { facts, steps, best } = history;
  const { learningRate, schedule } = facts.settings;
  if (steps < FEWEST_STEPS) return undefined;
  const from = Math.floor((steps * 2) / 3);
  const [before, after] = [history.between(from, (from + steps) / 2), history.between((from + steps) / 2, steps)];
  if (before === undefined || after === undefined) return undefined;
  if (meanRate(before) < DECAYED * learningRate || meanRate(after) < DECAYED * learningRate) return undefined;
  if (history.travelled < HARDLY) {
    const message = `hardly any progress: the training loss is ${loss(meanLoss(after))} after ${steps} steps`;
    const advice = say`the learning rate is too low: ${tryRate(learningRate * 10)}`;
    return { values: { learningRate, steps, loss: meanLoss(after) }, message, advice };
  }
  const [one, other] = [standardError(before), standardError(after)];
  const doubt = 2 * Math.sqrt(one * one + other * other);
  if (meanLoss(before) - meanLoss(after) + doubt > PROGRESS * meanLoss(after)) return undefined;

  const { baseline } = facts;
  const reached = best?.loss ?? meanLoss(after);
  const values = { learningRate, loss: meanLoss(after), ...(baseline && { bigram: baseline.bigram }) };
  const message = `no progress since step ${from}: the training loss stays at ${loss(meanLoss(after))}`;
  if (baseline !== undefined && reached > AT_BIGRAM * baseline.bigram) {
    const stuck = `${message}, and a bigram model has ${loss(baseline.bigram)}: it is stuck`;
    return { step: from, values, message: stuck, advice: say`${tryRate(learningRate / 3)}, or a larger model` };
  }
  // The rate has yet to fall, and the loss with it.
  if (schedule !== "constant") return undefined;
  const done = baseline === undefined ? "" : ": a model of this size has learned what it can at this rate";
  const advice = say`let the rate fall (${set("schedule", "cosine")}), stop here, or take a larger model`;
  return { step: from, values, message: message + done, advice };
}
