import { maxRowsOf, type Run } from "./run.ts";
import { learningRateAt } from "./schedule.ts";

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
}

/** How long training may hold the event loop, in milliseconds: a key press or Ctrl-C waits no longer. */
const BREATH = 50;

/**
 * Trains from where the run stands to its last step; each step takes the next batchSize documents, round and round. Between two records the
 * run is at rest: it may be saved, sampled from, or left (`break`) and taken up again. Errors: a loss that is not
 * finite.
 */
export async function* train(run: Run): AsyncGenerator<StepRecord, void> {
  const { model, tokenizer, docs, progress } = run;
  const { numSteps, batchSize, learningRate: peak, schedule } = progress.settings;
  const steps = progress.losses.length;
  const trainer = await model.trainer({ ...progress.settings, steps, maxRows: maxRowsOf(run) });
  let lastBreath = performance.now();
  for (let step = progress.losses.length; step < numSteps; step++) {
    const learningRate = learningRateAt(step, numSteps, peak, schedule);
    const batch: number[][] = [];
    for (let i = step * batchSize; i < (step + 1) * batchSize; i++) {
      batch.push(tokenizer.encodeDocument(docs[i % docs.length] ?? ""));
    }
    const { loss, gradNorm } = trainer.step(batch, learningRate);
    progress.losses.push(loss);
    // Before the record, so that whoever was asked to stop meanwhile can do so after this step.
    if (performance.now() - lastBreath >= BREATH) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      lastBreath = performance.now();
    }
    yield { step: step + 1, numSteps, loss, gradNorm, learningRate };
  }
}
