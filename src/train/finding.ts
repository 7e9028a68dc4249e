import type { NoveltyReport } from "../data/novelty.ts";
import { type Phrase, say, set, type Words } from "../util/words.ts";
import type { RunHistory } from "./history.ts";

/** The finding of a rule, with advice. */
export interface Finding {
  /** The step at which it happened, or since which it holds. */
  readonly step?: number;
  /** The measured numbers, unrounded, by name. */
  readonly values: Readonly<Record<string, number>>;
  /** The measured facts: a sentence without a full stop. */
  readonly message: Words;
  /** The advice: a sentence without a full stop. */
  readonly advice: Words;
}

/** Facts that a run's losses do not show. */
export interface Outcome {
  /** Number of samples, and of those that `NoveltyReport` counts. */
  readonly novelty?: Pick<NoveltyReport, "samples" | "copied"> &
    Partial<Pick<NoveltyReport, "duplicates" | "repetitive">>;
  /** The step whose loss or gradient was not finite, and the file that has the weights from before it. */
  readonly diverged?: { readonly step: number; readonly checkpoint?: string };
}

export type Rule = (history: RunHistory, outcome: Outcome) => Finding | undefined;

/** The last share of a run, which counts as its present state. */
export const NOW = 0.05;

/** A loss up to this many times a bigram model's counts as equal: two decimals would hide the difference. */
export const AT_BIGRAM = 1.005;

/** A rate as one would type it: 0.003. */
export function plain(rate: number): string {
  return String(Number(rate.toPrecision(1)));
}

/** Advice to set the learning rate, rounded as one would type it. */
export function tryRate(rate: number): Phrase {
  return say`try ${set("learningRate", Number(plain(rate)))}`;
}

export function loss(x: number): string {
  return x < 1e5 ? x.toFixed(2) : x.toPrecision(3);
}
