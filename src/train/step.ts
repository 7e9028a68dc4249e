/** A run's steps on its numbered sequences. */

import type { Step, Trainer } from "../engine/engine.ts";
import { countRows } from "../model/pack.ts";
import { type Ranks, type Share, shareOf } from "../model/ranks.ts";
import type { StepResult } from "../model/step.ts";
import { type Run, stepSize } from "./run.ts";

/** Sequences that a step may hold in memory at once; more of them are gathered part by part. */
const MOST_HELD = 4096;

/** Step number `number` of a run, from 0 on, in the making. It runs when its parts are asked for. */
export class RunStep {
  /** Tokens that the step predicts. */
  readonly tokens: number;
  readonly learningRate: number;
  readonly #run: Run;
  readonly #first: number;
  readonly #share: Share;
  readonly #held: readonly (readonly number[])[] | undefined;
  readonly #step: Step;
  /** The next sequence. */
  #next: number;

  /** `ranks`: the processes that share the step, each part of it computed by one. */
  constructor(trainer: Trainer, run: Run, number: number, learningRate: number, ranks?: Ranks) {
    const { gradientAccumulationSteps } = run.progress.settings;
    const size = stepSize(run.progress.settings);
    this.learningRate = learningRate;
    this.#run = run;
    this.#first = number * size;
    this.#share = shareOf(size, ranks);
    this.#next = this.#share.from;
    if (size <= MOST_HELD || gradientAccumulationSteps === 1) {
      this.#held = this.#sequences(0, size);
      this.tokens = countRows(this.#held, run.model.config.blockSize);
    } else this.tokens = run.sequences.tokensIn(this.#first, size);
    const before = this.#next === 0 ? 0 : run.sequences.tokensIn(this.#first, this.#next);
    this.#step = trainer.begin(this.tokens, learningRate, before);
  }

  /** True after the last part. */
  get isComplete(): boolean {
    return this.#next === this.#share.to;
  }

  /** Computes the next part. */
  addPart(): void {
    const from = this.#next;
    const to = Math.min(this.#share.to, from + this.#run.progress.settings.batchSize);
    const held = this.#held;
    this.#next = to;
    if (held?.length === to - from) this.#step.add(held);
    else this.#step.add(held?.slice(from, to) ?? this.#sequences(from, to - from));
  }

  finish(): StepResult | Promise<StepResult> {
    return this.#step.finish();
  }

  /** Gives the step up. */
  leave(): void {
    this.#step.leave();
  }

  #sequences(from: number, count: number): (readonly number[])[] {
    const sequences: (readonly number[])[] = [];
    for (let i = 0; i < count; i++) sequences.push(this.#run.sequences.at(this.#first + from + i));
    return sequences;
  }
}

/** Takes a whole step. */
export function takeStep(
  trainer: Trainer,
  run: Run,
  number: number,
  learningRate: number,
): StepResult | Promise<StepResult> {
  const step = new RunStep(trainer, run, number, learningRate);
  while (!step.isComplete) step.addPart();
  return step.finish();
}
