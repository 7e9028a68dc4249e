/** The cost of a guess, and the score over many. */

import { log } from "microgpt";

/** A guess with the player's probability for it; all other tokens share the rest equally. */
export interface Guess {
  readonly token: number;
  /** Above 0 and below 1. */
  readonly sure: number;
}

/** Cross entropy of one turn, in nats: minus the log of the probability given to the actual token. */
export function lossOf({ token, sure }: Guess, truth: number, vocabSize: number): number {
  return -log(token === truth ? sure : (1 - sure) / (vocabSize - 1));
}

/** Sums over turns. */
export interface Score {
  readonly turns: number;
  readonly hits: number;
  /** In nats. */
  readonly loss: number;
}

export const NO_SCORE: Score = { turns: 0, hits: 0, loss: 0 };

export function plus({ turns, hits, loss }: Score, hit: boolean, cost: number): Score {
  return { turns: turns + 1, hits: hits + (hit ? 1 : 0), loss: loss + cost };
}

/** Mean loss in nats; NaN before the first turn. */
export function meanLoss({ turns, loss }: Score): number {
  return loss / turns;
}
