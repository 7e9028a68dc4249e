/**
 * The meaning of a run's numbers in plain words. A rule looks at the measurements and either returns a finding, with
 * its step and advice, or nothing; each threshold is next to its rule with the reason for it.
 */

import type { Finding, Outcome, Rule } from "./finding.ts";
import { belowBigram, copies, dataTooSmall, notBelowBigram, overfitting, repetitive } from "./fit-rules.ts";
import { type RunFacts, RunHistory } from "./history.ts";
import { diverged, learningRateTooHigh, plateau } from "./learning-rules.ts";
import type { Evaluation } from "./run.ts";

/** The most severe first. */
export const VERDICT_KINDS = [
  "diverged",
  "learning-rate-too-high",
  "overfitting",
  "copies",
  "repetitive",
  "data-too-small",
  "plateau",
  "not-below-bigram",
  "below-bigram",
] as const;
export type VerdictKind = (typeof VERDICT_KINDS)[number];

/** One finding about a run. */
export interface Verdict extends Finding {
  readonly kind: VerdictKind;
}

/** A whole run. */
export interface History extends RunFacts, Outcome {
  /** The training loss of each step. */
  readonly losses: readonly number[];
  /** Validation losses, in the order of their steps. */
  readonly evaluations: readonly Evaluation[];
}

/** The verdicts on a run with its whole history, the most severe first. A healthy run gets praise or nothing. */
export function verdictsOf({ losses, evaluations, novelty, diverged, ...facts }: History): Verdict[] {
  const outcome = { ...(novelty && { novelty }), ...(diverged && { diverged }) };
  return judge(RunHistory.of(facts, losses, evaluations), outcome);
}

/** The verdicts on a running run: cheap enough to ask after each evaluation. */
export function judge(history: RunHistory, outcome: Outcome = {}): Verdict[] {
  const verdicts: Verdict[] = [];
  for (const kind of VERDICT_KINDS) {
    const { rule, unless = [] } = rules[kind];
    if (verdicts.some((verdict) => unless.includes(verdict.kind))) continue;
    const finding = rule(history, outcome);
    if (finding !== undefined) verdicts.push({ kind, ...finding });
  }
  return verdicts;
}

/** The rule for each kind, and the kinds that already explain it. */
const rules: { readonly [K in VerdictKind]: { readonly rule: Rule; readonly unless?: readonly VerdictKind[] } } = {
  diverged: { rule: diverged },
  "learning-rate-too-high": { rule: learningRateTooHigh, unless: ["diverged"] },
  overfitting: { rule: overfitting },
  copies: { rule: copies },
  repetitive: { rule: repetitive, unless: ["diverged", "copies"] },
  "data-too-small": { rule: dataTooSmall },
  plateau: { rule: plateau, unless: ["diverged", "learning-rate-too-high", "overfitting"] },
  "not-below-bigram": { rule: notBelowBigram, unless: ["diverged", "learning-rate-too-high"] },
  "below-bigram": { rule: belowBigram, unless: ["repetitive"] },
};
