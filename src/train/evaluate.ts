import type { GPT } from "../engine/gpt.ts";
import { type Ranks, shareOf } from "../model/ranks.ts";
import { checkSignal } from "../util/checks.ts";
import { mistake } from "../util/errors.ts";
import { say, set } from "../util/words.ts";
import { breather } from "./breather.ts";
import { checkRun } from "./check-run.ts";
import { evaluationRowsOf, type Run } from "./run.ts";

/** The loss of a model on some text. */
export interface Score {
  /** Mean loss, in nats per token. */
  readonly loss: number;
  /** Number of predicted tokens. */
  readonly tokens: number;
}

/**
 * The mean loss of a model over all tokens of the sequences, at most `maxRows` tokens at a time. Steps of training wait
 * until it is done. Errors: a sequence of fewer than two tokens, an id outside the vocabulary, a loss that is not
 * finite; the signal's reason, if it is aborted between two batches.
 */
export function scoreOf(
  model: GPT,
  sequences: readonly (readonly number[])[],
  maxRows: number,
  onBatch?: (done: number, count: number) => void,
  signal?: AbortSignal,
): Promise<Score> {
  return model.inTurn(() => scoreInTurn(model, sequences, maxRows, onBatch, signal));
}

/** Ranks share the batches: all of them get the same result. */
async function scoreInTurn(
  model: GPT,
  sequences: readonly (readonly number[])[],
  maxRows: number,
  onBatch?: (done: number, count: number) => void,
  signal?: AbortSignal,
  ranks?: Ranks,
): Promise<Score> {
  if (sequences.length === 0) {
    const fix = say`hold some of the data out (${set("valFraction")}), or pass some text`;
    throw mistake("no-data", "evaluate", "text to predict", "none", fix);
  }
  const release = model.hold();
  try {
    const all = inBatches(sequences, model.config.blockSize, maxRows);
    const { from, to } = shareOf(all.length, ranks);
    const batches = all.slice(from, to);
    const breathe = breather();
    const sums = new Float64Array(2);
    for (const [i, batch] of batches.entries()) {
      onBatch?.(i, batches.length);
      await breathe();
      signal?.throwIfAborted();
      // Fetched each time: the model may have been disposed meanwhile.
      const { loss, rows } = await (await model.evaluator(maxRows)).loss(batch);
      sums[0] = (sums[0] ?? 0) + loss * rows;
      sums[1] = (sums[1] ?? 0) + rows;
    }
    onBatch?.(batches.length, batches.length);
    ranks?.sum(sums);
    const [sum = Number.NaN, tokens = 0] = sums;
    return { loss: sum / tokens, tokens };
  } finally {
    await release();
  }
}

/** A run's current validation loss. Errors: the signal's reason, if it is aborted. */
export async function evaluate(
  run: Run,
  onBatch?: (done: number, count: number) => void,
  signal?: AbortSignal,
): Promise<number> {
  checkRun("evaluate", run);
  checkSignal("evaluate", signal);
  return await run.model.inTurn(() => evaluateInTurn(run, onBatch, signal));
}

/** The same for callers that hold the model's lock. */
export async function evaluateInTurn(
  run: Run,
  onBatch?: (done: number, count: number) => void,
  signal?: AbortSignal,
  ranks?: Ranks,
): Promise<number> {
  return (await scoreInTurn(run.model, run.validation, evaluationRowsOf(run), onBatch, signal, ranks)).loss;
}

/** Groups sequences into batches with at most `maxRows` tokens to predict. */
function inBatches(
  sequences: readonly (readonly number[])[],
  blockSize: number,
  maxRows: number,
): (readonly number[])[][] {
  const batches: (readonly number[])[][] = [];
  let rows = Infinity;
  for (const sequence of sequences) {
    const more = Math.min(blockSize, sequence.length - 1);
    if (rows + more > maxRows) {
      batches.push([]);
      rows = 0;
    }
    batches.at(-1)?.push(sequence);
    rows += more;
  }
  return batches;
}
