/** The loop of a training run, one step after the other. */

import type { GPTState, Trainer } from "../engine/engine.ts";
import { checkFinite, type StepResult } from "../scalar/train-step.ts";
import { breather } from "./breather.ts";
import { checkRun, checkTrainOptions } from "./check-run.ts";
import { evaluateInTurn } from "./evaluate.ts";
import type { StepRecord, TrainOptions } from "./record.ts";
import { isFinished, type Run, stepOptionsOf } from "./run.ts";
import { learningRateAt } from "./schedule.ts";
import { RunStep } from "./step.ts";

type Maybe<T> = T | undefined | Promise<T | undefined>;

/** Opens the loop with its threads. Close it afterwards. Errors: threads that do not start, too little memory. */
export async function openLoop(run: Run, options: TrainOptions): Promise<Loop> {
  checkRun("train", run);
  checkTrainOptions(options);
  const release = run.model.hold();
  try {
    return new Loop(run, options, release, await trainerOf(run));
  } catch (error) {
    await release();
    throw error;
  }
}

function trainerOf(run: Run): Promise<Trainer> {
  return run.model.trainer({ ...stepOptionsOf(run), steps: run.progress.losses.length });
}

export class Loop {
  readonly #run: Run;
  readonly #options: TrainOptions;
  readonly #release: () => Promise<void>;
  readonly #breathe = breather();
  #trainer: Trainer;

  constructor(run: Run, options: TrainOptions, release: () => Promise<void>, trainer: Trainer) {
    this.#run = run;
    this.#options = options;
    this.#release = release;
    this.#trainer = trainer;
  }

  /** Calls `onStep` after each step, without a turn of the event loop where neither takes long, until it gives `false`. */
  async each(onStep: (record: StepRecord) => false | undefined | Promise<false | undefined>): Promise<void> {
    for (;;) {
      const next = this.next();
      const record = next instanceof Promise ? await next : next;
      if (record === undefined) return;
      const answer = onStep(record);
      if ((answer instanceof Promise ? await answer : answer) === false) return;
    }
  }

  /** Releases the threads. */
  close(): Promise<void> {
    return this.#release();
  }

  /**
   * The next step, with its evaluation; undefined at the end of the run, or after an abort. A promise only if it takes
   * long: the turns of an asynchronous loop would take as long as a small model's step. A step abandoned midway, its
   * evaluation included, leaves no trace: the next loop takes it again, from the same weights.
   */
  next(): Maybe<StepRecord> {
    const { model, progress } = this.#run;
    if (model.busy !== undefined) return model.busy.then(() => this.next());
    if (this.#stopped || isFinished(progress)) return undefined;
    if (this.#trainer.disposed) return this.#reopen().then(() => this.next());
    const evaluates = this.#evaluates(progress.losses.length + 1);
    // The state to restore. Only a signal can come between a step and its evaluation.
    const before = evaluates && this.#options.signal !== undefined ? model.state() : undefined;
    const record = this.#take();
    if (evaluates) return model.inTurn(async () => this.#evaluated(await record, before));
    if (record instanceof Promise) return model.inTurn(() => record);
    // Before the record, so that a caller that was asked to stop meanwhile can do so after this step.
    return this.#breathe()?.then(() => record) ?? record;
  }

  get #stopped(): boolean {
    return this.#options.signal?.aborted === true;
  }

  #evaluates(step: number): boolean {
    const { evalInterval, numSteps } = this.#run.progress.settings;
    return evalInterval > 0 && (step % evalInterval === 0 || step === numSteps);
  }

  /** After the model was disposed: its numbers are unchanged. */
  async #reopen(): Promise<void> {
    this.#trainer = await trainerOf(this.#run);
  }

  #take(): Maybe<StepRecord> {
    const { progress } = this.#run;
    const number = progress.losses.length;
    const learningRate = learningRateAt(number, progress.settings);
    return this.#complete(new RunStep(this.#trainer, this.#run, number, learningRate), learningRate);
  }

  /** Computes a step's parts, with a breath between two of them, where the step may be given up. */
  #complete(step: RunStep, learningRate: number): Maybe<StepRecord> {
    for (;;) {
      step.addPart();
      if (step.isComplete) return this.#record(step.finish(), step.tokens, learningRate);
      const pause = this.#breathe();
      if (pause !== undefined) return pause.then(() => this.#resume(step, learningRate));
    }
  }

  #resume(step: RunStep, learningRate: number): Maybe<StepRecord> {
    if (!this.#stopped && !this.#trainer.disposed) return this.#complete(step, learningRate);
    step.leave();
    return this.#stopped ? undefined : this.#reopen().then(() => this.#take());
  }

  #record({ loss, gradNorm }: StepResult, tokens: number, learningRate: number): StepRecord {
    const { losses, settings } = this.#run.progress;
    const step = losses.push(loss);
    return { step, numSteps: settings.numSteps, loss, gradNorm, learningRate, tokens };
  }

  async #evaluated(record: StepRecord | undefined, before: GPTState | undefined): Promise<StepRecord | undefined> {
    if (record === undefined) return undefined;
    const { model, progress } = this.#run;
    const { onEvaluation, signal } = this.#options;
    await this.#breathe();
    const valLoss = await evaluateInTurn(this.#run, onEvaluation, signal).catch((error: unknown) => {
      if (before === undefined || signal?.aborted !== true || error !== signal.reason) throw error;
      progress.losses.pop();
      model.restore(before);
      return undefined;
    });
    if (valLoss === undefined) return undefined;
    checkFinite("validation loss", valLoss, record.step);
    progress.evaluations.push({ step: record.step, loss: valLoss });
    return { ...record, valLoss };
  }
}
