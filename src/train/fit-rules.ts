/** Rules about a run's success: its validation losses compared with the training losses, the data and the baseline. */

import { count } from "../util/count.ts";
import { command, say, set } from "../util/words.ts";
import { AT_BIGRAM, type Finding, loss, NOW, type Outcome } from "./finding.ts";
import { meanLoss, type RunFacts, type RunHistory, type Stretch, standardError } from "./history.ts";
import type { Evaluation } from "./run.ts";

/** Number of evaluations averaged: one alone may be chance, and the best of many is too good. */
const AVERAGED = 3;
/** The validation loss must have risen by 1 %, since a smaller rise would not be visible in the samples ... */
const RISE = 0.01;
/** ... and by this many times the noise of the evaluations since the best, so that a flat end is not a rise. */
const JUMPS = 3;

export function overfitting(history: RunHistory): Finding | undefined {
  const { evaluations, best, steps } = history;
  if (best === undefined) return undefined;
  const since = evaluations.slice(evaluations.indexOf(best));
  const [latest, then, now] = [since.at(-1), around(history, best.step), history.recent(NOW)];
  if (since.length <= AVERAGED || latest === undefined || then === undefined || now === undefined) return undefined;
  const before = evaluations.at(-since.length - 1);
  const bottom = [...(before ? [before] : []), ...since.slice(0, 2)];
  const rise = mean(since.slice(-AVERAGED)) - mean(bottom);
  if (rise < Math.max(RISE * best.loss, JUMPS * jitter(since))) return undefined;
  if (meanLoss(now) >= meanLoss(then) - standardError(now) - standardError(then)) return undefined;
  const training = `the training loss fell from ${loss(meanLoss(then))} to ${loss(meanLoss(now))}`;
  const smaller = best.step < steps / 2 ? "a smaller model, " : "";
  return {
    step: best.step,
    values: { best: best.loss, validation: latest.loss, before: meanLoss(then), training: meanLoss(now) },
    message: `overfitting since step ${best.step}: the validation loss was ${loss(best.loss)} then and is ${loss(latest.loss)} now, while ${training}`,
    advice: say`use the best model, from step ${best.step}; then try ${smaller}more text, ${set("dropout", 0.2)}, or ${set("numSteps", best.step)}`,
  };
}

/** Copied samples are a fault if most are copied; with fewer samples than this the share means little. */
const FEWEST_SAMPLES = 5;
const MOST_COPIED = 0.5;
/**
 * Sampling common names does not show memorization: at temperature 0.5 a healthy model of 32,257 names copies 59 %. The
 * training loss of such models was 4 to 12 % below their validation loss (1.91 and 1.99; 1.77 and 2.02), that of one
 * that had memorized 58 names 89 % (0.68 and 6.30: verdicts.slow.test.ts).
 */
const LEARNED_BY_HEART = 0.3;
const SURELY_BY_HEART = 0.9;

export function copies(history: RunHistory, { novelty }: Outcome): Finding | undefined {
  if (novelty === undefined || novelty.samples < FEWEST_SAMPLES) return undefined;
  const share = novelty.copied / novelty.samples;
  const [latest, now] = [history.evaluations.at(-1), history.recent(NOW)];
  const byHeart = latest !== undefined && now !== undefined && meanLoss(now) < (1 - LEARNED_BY_HEART) * latest.loss;
  if (share < (byHeart ? MOST_COPIED : SURELY_BY_HEART)) return undefined;
  return {
    values: { copied: novelty.copied, samples: novelty.samples },
    message: `it copies the training data: ${novelty.copied} of ${novelty.samples} samples are in it word for word`,
    advice: say`use more text, a smaller model, fewer steps, or a higher ${set("temperature")}`,
  };
}

/** Repetitive samples are a fault if half are repetitive; equal ones if most are equal. */
const MOST_REPETITIVE = 0.5;
const MOST_ALIKE = 0.75;

export function repetitive(_: RunHistory, { novelty }: Outcome): Finding | undefined {
  const { samples = 0, repetitive = 0, duplicates = 0 } = novelty ?? {};
  const nothing = repetitive > 0 && repetitive >= MOST_REPETITIVE * samples;
  if (!nothing && (samples < FEWEST_SAMPLES || duplicates < MOST_ALIKE * samples)) return undefined;
  const what = nothing
    ? `${repetitive} of ${samples} samples are blank or repetitive`
    : `${duplicates} of ${samples} samples repeat another`;
  return {
    values: { samples, repetitive, duplicates },
    message: `it repeats itself: ${what}`,
    advice: "sample at a higher temperature or with a repetition penalty of 1.2; if that does not help, train longer",
  };
}

/**
 * A measure of how much of its data a model can memorize: the number of times it sees each token, times the square root of its
 * weights per token; more with a large vocabulary V, whose rare tokens it knows by the few places where they occur.
 * Measured with characters of English documentation: the validation loss began to rise at 20 with 5,000 of them (20,352
 * weights), at 24 with 15,000, at 56 with 44,320 (116,480 weights). By V, for `tiny`, without the factor for V
 * (bench/wear.ts, means of 3 seeds): 24 with 109, 27 with 512, 23 with 633, 20 with 750, 16 with 1,024, 11 with 1,355,
 * 14 with 2,048, 9 with 2,528.
 */
export function wear({ numParams, trainTokens, vocabSize }: WearFacts, tokens: number): number {
  const rarity = Math.max(1, Math.sqrt(vocabSize / COMMON));
  return (tokens / trainTokens) * Math.sqrt(numParams / trainTokens) * rarity;
}

type WearFacts = Pick<RunFacts, "numParams" | "trainTokens" | "vocabSize">;

/** Up to about this size the vocabulary made no difference. */
const COMMON = 400;

/** Above this limit the validation loss had risen by the end: by 5 % at 74, 17 % at 102, to twice as much at 410. */
const MOST_WEAR = 60;

export function dataTooSmall({ facts }: RunHistory): Finding | undefined {
  const { numParams, trainTokens, tokensPerStep, settings } = facts;
  const tokens = settings.numSteps * tokensPerStep;
  if (wear(facts, tokens) <= MOST_WEAR) return undefined;
  const epochs = tokens / trainTokens;
  const often = epochs < 2 ? "" : ` and sees each of them ${count(Math.round(epochs))} times`;
  const fewer = Math.max(1, Math.floor((settings.numSteps * MOST_WEAR) / wear(facts, tokens)));
  return {
    values: { numParams, trainTokens, epochs },
    message: `the data is small for the model, which has ${count(numParams)} parameters for ${count(trainTokens)} tokens${often}`,
    advice: say`use more text, a smaller model, or ${set("numSteps", fewer)}`,
  };
}

/** The share of the steps after which a run's validation loss is nearly final. */
const NEAR_END = 0.95;

export function notBelowBigram(history: RunHistory): Finding | undefined {
  const { facts, steps, best } = history;
  const { baseline, settings } = facts;
  if (baseline === undefined || best === undefined || steps < NEAR_END * settings.numSteps) return undefined;
  if (beats(best, baseline.bigram)) return undefined;
  const longer = 4 * settings.numSteps;
  const worn = wear(facts, longer * facts.tokensPerStep) > MOST_WEAR;
  return {
    values: { best: best.loss, bigram: baseline.bigram },
    message: `validation loss ${loss(best.loss)} does not beat a bigram model's ${loss(baseline.bigram)}, which knows only the previous token`,
    advice: worn
      ? "use more text: with more steps the model would memorize this one"
      : say`train longer, ${set("numSteps", longer)}, or find a better rate with ${command("lr-find")}`,
  };
}

export function belowBigram({ facts, evaluations, best }: RunHistory): Finding | undefined {
  const { baseline } = facts;
  if (baseline === undefined || best === undefined || !beats(best, baseline.bigram)) return undefined;
  const since = evaluations.find((evaluation) => beats(evaluation, baseline.bigram));
  return {
    ...(since && { step: since.step }),
    values: { best: best.loss, bigram: baseline.bigram },
    message: `validation loss ${loss(best.loss)} beats a bigram model's ${loss(baseline.bigram)}`,
    advice: say`the model uses more than the previous token: see what it writes with ${command("sample")}`,
  };
}

function beats({ loss }: Evaluation, bigram: number): boolean {
  return loss < bigram / AT_BIGRAM;
}

function mean(evaluations: readonly Evaluation[]): number {
  return evaluations.reduce((sum, { loss }) => sum + loss, 0) / evaluations.length;
}

/**
 * The noise of evaluations: the median distance of each from the line between its neighbors, which a trend does not
 * affect.
 */
function jitter(evaluations: readonly Evaluation[]): number {
  const distances = evaluations.slice(1, -1).map(({ loss }, i) => {
    const [before, after] = [evaluations[i]?.loss ?? loss, evaluations[i + 2]?.loss ?? loss];
    return Math.abs(loss - (before + after) / 2);
  });
  return distances.sort((x, y) => x - y)[(distances.length - 1) >> 1] ?? 0;
}

/** The steps around one step: as many as count as the present, half of them before it. */
function around(history: RunHistory, step: number): Stretch | undefined {
  const { steps, stretches } = history;
  const half = Math.max((NOW * steps) / 2, stretches[0]?.count ?? 0);
  return history.between(step - half, step + half);
}
