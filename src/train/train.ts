import { breather } from "./breather.ts";
import { evaluate } from "./evaluate.ts";
import { maxRowsOf, outOfPatience, type Run, stepSize } from "./run.ts";
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
  /** Tokens that the step predicted. */
  readonly tokens: number;
  /** Mean loss on the validation data after the update, of the steps at which it is evaluated. */
  readonly valLoss?: number;
}

export interface TrainOptions {
  /** Told how far an evaluation is, in batches. */
  readonly onEvaluation?: (done: number, count: number) => void;
}

/**
 * Trains from where the run stands to its last step, or until its patience is at an end; each step takes the next
 * sequences, every evalInterval-th evaluates. Between two records the run is at rest: it may be saved, sampled from, or
 * left (`break`) and taken up again. Errors: a loss that is not finite.
 */
export async function* train(run: Run, { onEvaluation }: TrainOptions = {}): AsyncGenerator<StepRecord, void> {
  const { model, sequences, progress } = run;
  const { settings, losses, evaluations } = progress;
  const { numSteps, evalInterval } = settings;
  const evaluates = evalInterval > 0;
  const maxRows = maxRowsOf(run);
  const trainer = await model.trainer({
    ...settings,
    steps: losses.length,
    maxRows,
    ...(evaluates && { evaluationRows: maxRows }),
  });
  const breathe = breather();
  const size = stepSize(settings);
  for (let step = losses.length; step < numSteps; step++) {
    const learningRate = learningRateAt(step, settings);
    const batch: (readonly number[])[] = [];
    let tokens = 0;
    for (let i = step * size; i < (step + 1) * size; i++) {
      const sequence = sequences.at(i);
      tokens += Math.min(sequence.length - 1, sequences.longest);
      batch.push(sequence);
    }
    const { loss, gradNorm } = trainer.step(batch, learningRate);
    losses.push(loss);
    const record = { step: step + 1, numSteps, loss, gradNorm, learningRate, tokens };
    if (evaluates && ((step + 1) % evalInterval === 0 || step + 1 === numSteps)) {
      const valLoss = await evaluate(run, onEvaluation);
      evaluations.push({ step: step + 1, loss: valLoss });
      yield { ...record, valLoss };
      if (outOfPatience(progress)) return;
    } else {
      // Before the record, so that whoever was asked to stop meanwhile can do so after this step.
      const pause = breathe();
      if (pause !== undefined) await pause;
      yield record;
    }
  }
}
