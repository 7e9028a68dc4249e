import { log } from "../util/math.ts";
import type { Baseline } from "./baseline.ts";
import type { Evaluation } from "./run.ts";
import { learningRateAt, type ScheduleSettings } from "./schedule.ts";

/** The facts about a run before its first step that verdicts depend on. */
export interface RunFacts {
  readonly settings: ScheduleSettings;
  readonly vocabSize: number;
  readonly numParams: number;
  /** Tokens in the training data. */
  readonly trainTokens: number;
  /** Average number of tokens predicted in a step. */
  readonly tokensPerStep: number;
  /** The losses of counting models on the validation data. */
  readonly baseline?: Baseline;
}

/** Some consecutive steps: their number, and the sums of their losses and learning rates. */
export interface Stretch {
  /** Number of steps before it. */
  readonly start: number;
  readonly count: number;
  readonly sum: number;
  readonly squares: number;
  readonly rates: number;
  /** Number of them with a loss well above that of guessing, log V. */
  readonly above: number;
}

/**
 * A run begins near log V and improves. Above this factor it is not noise: losses of single names vary by about a
 * tenth.
 */
const ABOVE = 1.15;
/** Steps in the first stretches: enough for the mean not to depend on the particular documents. */
const WIDTH = 8;
/** At this number of stretches pairs are merged, so that a run of any length has 64 to 128 of them. */
const MOST_STRETCHES = 128;

/**
 * The losses of a run, summarized as they arrive: a step costs the same however long the run is, and a question about
 * the run looks at 128 stretches at most.
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

  /** The history of a run with known losses, one for each step. Evaluations are in the order of their steps. */
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

  /**
   * The sum of all learning rates: the farthest that Adam, which moves a weight by about the rate, can have carried
   * one.
   */
  get travelled(): number {
    return this.#rates;
  }

  /** The first step, from 1 on, whose loss was not a finite number. */
  get diverged(): number | undefined {
    return this.#diverged;
  }

  /** From the first step on, all of the same length; the last few steps may not fill one yet. */
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

  /** The stretches whose middle is after `from` steps and not after `to`, merged; undefined if there are none. */
  between(from: number, to: number): Stretch | undefined {
    const inside = this.#stretches.filter(({ start, count }) => start + count / 2 > from && start + count / 2 <= to);
    return inside.length === 0 ? undefined : inside.reduce(join);
  }

  /** The last stretches, a share of all, merged; undefined before the first is full. */
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

/** True if most of its steps were worse than guessing; one bad document among good ones does not matter. */
export function isAboveGuessing({ above, count }: Stretch): boolean {
  return above > count / 2;
}

/** The standard error of a stretch's mean loss, treating the losses of its steps as independent. */
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
