import { log } from "../util/math.ts";
import type { Baseline } from "./baseline.ts";
import type { Evaluation } from "./run.ts";
import { learningRateAt, type ScheduleSettings } from "./schedule.ts";

/** What is known of a run before its first step, as far as a verdict on it depends on that. */
export interface RunFacts {
  readonly settings: ScheduleSettings;
  readonly vocabSize: number;
  readonly numParams: number;
  /** Tokens in the training data. */
  readonly trainTokens: number;
  /** Tokens that are predicted in a step, on average. */
  readonly tokensPerStep: number;
  /** What counting models reach on the validation data. */
  readonly baseline?: Baseline;
}

/** Some steps in a row: their number, and what their losses and learning rates add up to. */
export interface Stretch {
  /** Steps before it. */
  readonly start: number;
  readonly count: number;
  readonly sum: number;
  readonly squares: number;
  readonly rates: number;
  /** Those of them with a loss well above that of guessing, log V. */
  readonly above: number;
}

/** A run begins near log V and gets better. This far above it is no noise: losses of single names vary by about a tenth. */
const ABOVE = 1.15;
/** Steps in the first stretches: enough that a mean says more than the documents that happened to be in them. */
const WIDTH = 8;
/** At this many stretches each two become one, so that a run of any length is 64 to 128 of them. */
const MOST_STRETCHES = 128;

/**
 * The losses of a run, summarised as they come: a step costs the same however long the run is, and a question about the
 * run looks at 128 stretches of it at most.
 */
export class RunHistory {
  readonly facts: RunFacts;
  #steps = 0;
  #rates = 0;
  #width = WIDTH;
  #stretches: Stretch[] = [];
  #open: Stretch | undefined;
  #diverged: number | undefined;
  readonly #evaluations: Evaluation[] = [];
  #best: Evaluation | undefined;

  constructor(facts: RunFacts) {
    this.facts = facts;
  }

  /** That of a run whose losses are known: one for each step. Evaluations are in the order of their steps. */
  static of(facts: RunFacts, losses: readonly number[], evaluations: readonly Evaluation[] = []): RunHistory {
    const history = new RunHistory(facts);
    for (const loss of losses) history.addLoss(loss);
    for (const evaluation of evaluations) history.addEvaluation(evaluation);
    return history;
  }

  /** The training loss of the next step, before its update. */
  addLoss(loss: number): void {
    const rate = learningRateAt(this.#steps, this.facts.settings);
    this.#rates += rate;
    this.#steps++;
    if (!Number.isFinite(loss)) this.#diverged ??= this.#steps;
    const one = {
      start: this.#steps - 1,
      count: 1,
      sum: loss,
      squares: loss * loss,
      rates: rate,
      above: loss > ABOVE * log(this.facts.vocabSize) ? 1 : 0,
    };
    this.#open = this.#open === undefined ? one : join(this.#open, one);
    if (this.#open.count < this.#width) return;
    this.#stretches.push(this.#open);
    this.#open = undefined;
    if (this.#stretches.length === MOST_STRETCHES) this.#halve();
  }

  addEvaluation(evaluation: Evaluation): void {
    this.#evaluations.push(evaluation);
    if (this.#best === undefined || evaluation.loss < this.#best.loss) this.#best = evaluation;
  }

  get steps(): number {
    return this.#steps;
  }

  /** All learning rates added up: how far Adam, which moves a weight by about the rate, can have carried one. */
  get travelled(): number {
    return this.#rates;
  }

  /** The first step, from 1 on, whose loss was not a finite number. */
  get diverged(): number | undefined {
    return this.#diverged;
  }

  /** From the first step on, all of the same length; the steps after the last are too few for one yet. */
  get stretches(): readonly Stretch[] {
    return this.#stretches;
  }

  get evaluations(): readonly Evaluation[] {
    return this.#evaluations;
  }

  /** The first of the lowest. */
  get best(): Evaluation | undefined {
    return this.#best;
  }

  /** The stretches whose middle is after `from` steps and not after `to`, as one; undefined if there are none. */
  between(from: number, to: number): Stretch | undefined {
    const inside = this.#stretches.filter(({ start, count }) => start + count / 2 > from && start + count / 2 <= to);
    return inside.length === 0 ? undefined : inside.reduce(join);
  }

  /** The last stretches, a share of all, as one; undefined before the first is full. */
  recent(share: number): Stretch | undefined {
    const all = this.#stretches;
    return all.length === 0 ? undefined : all.slice(-Math.max(1, Math.round(share * all.length))).reduce(join);
  }

  #halve(): void {
    this.#width *= 2;
    const joined: Stretch[] = [];
    for (let i = 0; i < this.#stretches.length; i += 2) joined.push(this.#stretches.slice(i, i + 2).reduce(join));
    this.#stretches = joined;
  }
}

export function meanLoss({ sum, count }: Stretch): number {
  return sum / count;
}

export function meanRate({ rates, count }: Stretch): number {
  return rates / count;
}

/** Whether most of its steps were worse than guessing: one bad document among good ones says nothing. */
export function isAboveGuessing({ above, count }: Stretch): boolean {
  return above > count / 2;
}

/** The standard error of a stretch's mean loss, as if its steps' losses were drawn independently. */
export function standardError({ count, sum, squares }: Stretch): number {
  const mean = sum / count;
  const variance = Math.max(0, squares / count - mean * mean);
  return Math.sqrt(variance / count);
}

function join(x: Stretch, y: Stretch): Stretch {
  return {
    start: x.start,
    count: x.count + y.count,
    sum: x.sum + y.sum,
    squares: x.squares + y.squares,
    rates: x.rates + y.rates,
    above: x.above + y.above,
  };
}
