/** The records and the options of a training loop. */

import type { Pace } from "../engine/engine.ts";
import type { Ranks } from "../model/ranks.ts";

/** The result of one training step. */
export interface StepRecord {
  /** 1 after the first step. */
  readonly step: number;
  readonly numSteps: number;
  /** Mean loss of the step's documents before the update, in nats per token. */
  readonly loss: number;
  /** Norm of the whole gradient before clipping. */
  readonly gradNorm: number;
  readonly learningRate: number;
  /** Number of tokens that the step predicted. */
  readonly tokens: number;
  /** Mean loss on the validation data after the update, if it was evaluated at this step. */
  readonly valLoss?: number;
}

export interface TrainOptions {
  /**
   * The processes that train the run together: each has the same run and calls the loop alike. A step's sequences are shared among them, and
   * their gradients summed, so that their number changes no more than the last digits. A `signal` must be aborted after the same
   * step on all of them. Default: this process alone.
   */
  readonly ranks?: Ranks;
  /** Called once, when the first steps have shown how many threads are fastest. */
  readonly onPace?: (pace: Pace) => void;
  /** Called with the progress of an evaluation, in batches. */
  readonly onEvaluation?: (done: number, count: number) => void;
  /**
   * Ends the loop without an error: between two steps, between the parts of a step, or within an evaluation. The run is
   * then in the state after its last whole step, and an abandoned step is taken again when the run continues.
   */
  readonly signal?: AbortSignal;
}
