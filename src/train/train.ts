import { checkFinite } from "../scalar/train-step.ts";
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
 * left (`break`) and taken up again. Errors: DivergedError, at a loss that is not finite.
 */
export async function* train(run: Run, options: TrainOptions = {}): AsyncGenerator<StepRecord, void> {
  const { progress } = run;
  const take = await stepper(run);
  const breathe = breather();
  while (progress.losses.length < progress.settings.numSteps && !outOfPatience(progress)) {
    const record = take();
    // Before the record, so that whoever was asked to stop meanwhile can do so after this step.
    const pause = breathe();
    if (pause !== undefined) await pause;
    yield isEvaluated(record, run) ? await evaluated(record, run, options) : record;
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
  const { progress } = run;
  const take = await stepper(run);
  const breathe = breather();
  while (progress.losses.length < progress.settings.numSteps && !outOfPatience(progress)) {
    const record = take();
    const pause = breathe();
    if (pause !== undefined) await pause;
    const answer = onStep(isEvaluated(record, run) ? await evaluated(record, run, options) : record);
    if ((answer instanceof Promise ? await answer : answer) === false) return;
  }
}

/** What takes a run's next step, without evaluation. */
async function stepper({ model, sequences, progress, ...rest }: Run): Promise<() => StepRecord> {
  const { settings, losses } = progress;
  const { numSteps, evalInterval } = settings;
  const maxRows = maxRowsOf({ model, sequences, progress, ...rest });
  const trainer = await model.trainer({
    ...settings,
    steps: losses.length,
    maxRows,
    ...(evalInterval > 0 && { evaluationRows: maxRows }),
  });
  const size = stepSize(settings);
  const { blockSize } = model.config;
  return () => {
    const step = losses.length;
    const learningRate = learningRateAt(step, settings);
    const batch: (readonly number[])[] = [];
    let tokens = 0;
    for (let i = step * size; i < (step + 1) * size; i++) {
      const sequence = sequences.at(i);
      tokens += Math.min(sequence.length - 1, blockSize);
      batch.push(sequence);
    }
    const { loss, gradNorm } = trainer.step(batch, learningRate);
    losses.push(loss);
    return { step: step + 1, numSteps, loss, gradNorm, learningRate, tokens };
  };
}

function isEvaluated({ step, numSteps }: StepRecord, { progress: { settings } }: Run): boolean {
  const { evalInterval } = settings;
  return evalInterval > 0 && (step % evalInterval === 0 || step === numSteps);
}

async function evaluated(record: StepRecord, run: Run, { onEvaluation }: TrainOptions): Promise<StepRecord> {
  const valLoss = await evaluate(run, onEvaluation);
  checkFinite("validation loss", valLoss, record.step);
  run.progress.evaluations.push({ step: record.step, loss: valLoss });
  return { ...record, valLoss };
}
