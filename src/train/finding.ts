import type { NoveltyReport } from "../data/novelty.ts";
import type { RunHistory } from "./history.ts";

/** What a rule has found, and what to do about it. */
export interface Finding {
  /** The step since which it holds, or at which it happened. */
  readonly step?: number;
  /** What was measured: a sentence without a full stop. */
  readonly message: string;
  /** What to do about it: the same. */
  readonly advice: string;
}

/** What a run's losses do not say. */
export interface Outcome {
  /** Samples that were drawn, and how many of them are what `NoveltyReport` says. */
  readonly novelty?: Pick<NoveltyReport, "samples" | "copied"> &
    Partial<Pick<NoveltyReport, "duplicates" | "repetitive">>;
  /** The step whose loss or gradient was not finite, and the file that has the weights from before it. */
  readonly diverged?: { readonly step: number; readonly checkpoint?: string };
}

export type Rule = (history: RunHistory, outcome: Outcome) => Finding | undefined;

/** The share of a run that counts as where it is now. */
export const NOW = 0.05;

/** A loss this many times a bigram model's is about as good: two decimals would hide the difference. */
export const AT_BIGRAM = 1.005;

/** A rate as one types it: 0.003. */
export function plain(rate: number): string {
  return String(Number(rate.toPrecision(1)));
}

export function loss(x: number): string {
  return x < 1e5 ? x.toFixed(2) : x.toPrecision(3);
}

export function count(n: number): string {
  return n.toLocaleString("en");
}
