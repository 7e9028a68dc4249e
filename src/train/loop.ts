/** The loop of a training run, one step after the other. */

import type { GPTState, Trainer } from "../engine/engine.ts";
import type { Ranks } from "../model/ranks.ts";
import { checkFinite, type StepResult } from "../model/step.ts";
import { mistake } from "../util/errors.ts";
import { say, set } from "../util/words.ts";
import { Ahead } from "./ahead.ts";
import { breather } from "./breather.ts";
import { checkRun, checkTrainOptions } from "./check-run.ts";
import { evaluateInTurn } from "./evaluate.ts";
import type { StepRecord, TrainOptions } from "./record.ts";
import { isFinished, type Run, stepOptionsOf, stepSize } from "./run.ts";
import { learningRateAt } from "./schedule.ts";
import { RunStep } from "./step.ts";

type Maybe<T> = T | undefined | Promise<T | undefined>;

/** Opens the loop with its threads. Close it afterwards. Errors: threads that do not start, too little memory. */
export async function openLoop(run: Run, options: TrainOptions): Promise<Loop> {
  checkRun("train", run);
  checkTrainOptions(options);
  const release = run.model.hold();
  try {
    return new Loop(run, options, release, await trainerOf(run, options.ranks));
  } catch (error) {
    await release();
    throw error;
  }
}

/** Errors: fewer sequences in a step than ranks. */
function trainerOf(run: Run, ranks: Ranks | undefined): Promise<Trainer> {
  const { losses, settings } = run.progress;
  const size = stepSize(settings);
  if (ranks !== undefined && size < ranks.count) {
    const fix = say`raise ${set("batchSize")} or ${set("gradientAccumulationSteps")}, or start fewer of them`;
    throw mistake("range", "train", `a sequence of each step for each of ${ranks.count} ranks`, `${size} a step`, fix);
  }
  return run.model.trainer({ ...stepOptionsOf(run), steps: losses.length, ranks });
}

export class Loop {
  readonly #run: Run;
  readonly #options: TrainOptions;
  readonly #release: () => Promise<void>;
  readonly #breathe = breather();
  readonly #ahead = new Ahead();
  #trainer: Trainer;
  #onPace: TrainOptions["onPace"];

  constructor(run: Run, options: TrainOptions, release: () => Promise<void>, trainer: Trainer) {
    this.#run = run;
    this.#options = options;
    this.#release = release;
    this.#trainer = trainer;
    if (trainer.threads > 1) this.#onPace = options.onPace;
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
  async close(): Promise<void> {
    await this.#run.model.settle();
    await this.#release();
  }

  /**
   * The next step, with its evaluation; undefined at the end of the run, or after an abort. A promise only if it takes
   * long: the turns of an asynchronous loop would take as long as a small model's step. A step abandoned midway, its
   * evaluation included, leaves no trace: the next loop takes it again, from the same weights.
   */
  next(): Maybe<StepRecord> {
    const { model, progress } = this.#run;
    const known = this.#ahead.next();
    if (known !== undefined) return known;
    if (model.busy !== undefined) return model.busy.then(() => this.next());
    if (this.#stopped || isFinished(progress)) return undefined;
    if (this.#trainer.disposed) return this.#reopen().then(() => this.next());
    const evaluates = this.#evaluates(progress.losses.length + 1);
    // Only a signal can come between a step and its evaluation. Then this state is restored.
    const restores = evaluates && this.#options.signal !== undefined;
    const settling = restores ? model.settle() : undefined;
    if (settling !== undefined) return settling.then(() => this.next());
    const before = restores ? model.state() : undefined;
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
    this.#trainer = await trainerOf(this.#run, this.#options.ranks);
  }

  #take(): Maybe<StepRecord> {
    return this.#complete(this.#begin(this.#run.progress.losses.length));
  }

  #begin(number: number): RunStep {
    return new RunStep(
      this.#trainer,
      this.#run,
      number,
      learningRateAt(number, this.#run.progress.settings),
      this.#options.ranks,
    );
  }

  /** Computes a step's parts, with a breath between two of them, where the step may be given up. */
  #complete(step: RunStep): Maybe<StepRecord> {
    for (;;) {
      step.addPart();
      if (step.isComplete) return this.#finish(step);
      const pause = this.#breathe();
      if (pause !== undefined) return pause.then(() => this.#resume(step));
    }
  }

  #resume(step: RunStep): Maybe<StepRecord> {
    // Other ranks cannot know that this one gives a step up.
    const stopped = this.#stopped && this.#options.ranks === undefined;
    if (!stopped && !this.#trainer.disposed) return this.#complete(step);
    step.leave();
    return stopped ? undefined : this.#reopen().then(() => this.#take());
  }

  #finish(step: RunStep): Maybe<StepRecord> {
    const result = step.finish();
    if (!(result instanceof Promise)) return this.#record(step, result);
    const { progress } = this.#run;
    const { length } = progress.losses;
    /** Begins the step `count` steps later; undefined if an evaluation or the end comes first. */
    const nextStep = (count: number): RunStep | undefined => {
      const number = length + count;
      const evaluates = this.#evaluates(number) || this.#evaluates(number + 1);
      return evaluates || number >= progress.settings.numSteps ? undefined : this.#begin(number);
    };
    return this.#ahead.read({ step, result }, nextStep, (...read) => this.#record(...read));
  }

  #record({ tokens, learningRate }: RunStep, { loss, gradNorm }: StepResult): StepRecord {
    const { losses, settings } = this.#run.progress;
    const step = losses.push(loss);
    const pace = this.#onPace && this.#trainer.pace;
    if (pace) {
      this.#onPace?.(pace);
      this.#onPace = undefined;
    }
    return { step, numSteps: settings.numSteps, loss, gradNorm, learningRate, tokens };
  }

  async #evaluated(record: StepRecord | undefined, before: GPTState | undefined): Promise<StepRecord | undefined> {
    if (record === undefined) return undefined;
    const { model, progress } = this.#run;
    const { onEvaluation, signal, ranks } = this.#options;
    await this.#breathe();
    const valLoss = await evaluateInTurn(this.#run, onEvaluation, signal, ranks).catch((error: unknown) => {
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
