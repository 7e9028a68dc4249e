import { checkFunction } from "../util/checks.ts";
import { openLoop } from "./loop.ts";
import type { Run } from "./run.ts";

/** What is known after a step. */
export interface StepRecord {
  /** 1 after the first step. */
  readonly step: number;
  readonly numSteps: number;
  /** Mean loss of the step's documents before the update, in nats a token. */
  readonly loss: number;
  /** Length of the gradient as one vector, before clipping. */
  readonly gradNorm: number;
  readonly learningRate: number;
  /** Tokens that the step predicted. */
  readonly tokens: number;
  /** Mean loss on the validation data after the update, of the steps at which it is evaluated. */
  readonly valLoss?: number;
}

export interface TrainOptions {
  /** Told how far an evaluation is, in batches. */
  readonly onEvaluation?: (done: number, count: number) => void;
  /**
   * Ends the loop, without an error: between two steps, between the parts of a step, or within an evaluation. The run is
   * then at rest after its last whole step, and a step that was given up midway is taken again when the run goes on.
   */
  readonly signal?: AbortSignal;
}

/**
 * Trains from where the run stands to its last step, or until its patience is at an end; each step takes the next
 * sequences, every evalInterval-th evaluates. Between two records the run is at rest: it may be saved, sampled from, or
 * left (`break`) and taken up again. Threads work as long as the loop, however it ends. Two loops over one run share its
 * steps. Errors: DivergedError, at a loss that is not finite.
 */
export async function* train(run: Run, options: TrainOptions = {}): AsyncGenerator<StepRecord, void> {
  const loop = await openLoop(run, options);
  try {
    for (;;) {
      const next = loop.next();
      const record = next instanceof Promise ? await next : next;
      if (record === undefined) return;
      yield record;
    }
  } finally {
    await loop.close();
  }
}

/**
 * The same for small models, whose steps take no longer than a turn of an asynchronous loop does: calls `onStep` after each
 * step, waits if that gives a promise, and leaves when it comes to `false`. Whether the run is at its end then, `isFinished` tells.
 */
export async function trainEach(
  run: Run,
  onStep: (record: StepRecord) => false | undefined | Promise<false | undefined>,
  options: TrainOptions = {},
): Promise<void> {
  checkFunction("train", "onStep", onStep);
  const loop = await openLoop(run, options);
  try {
    for (;;) {
      const next = loop.next();
      const record = next instanceof Promise ? await next : next;
      if (record === undefined) return;
      const answer = onStep(record);
      if ((answer instanceof Promise ? await answer : answer) === false) return;
    }
  } finally {
    await loop.close();
  }
}
