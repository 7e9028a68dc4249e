/**
 * Training on a machine whose memory the host does not see: steps are queued, and their results are read many at a time.
 * A step that fails changes nothing, and neither do those that were queued behind it (queued-step.ts).
 */

import type { Device } from "../backend/backend.ts";
import type { Pace } from "../backend/trial.ts";
import type { Program } from "../compile/compile.ts";
import { entriesOf } from "../compile/plan.ts";
import type { GPTConfig } from "../model/config.ts";
import { checkFinite, checkStepOptions, type StepOptions, type StepResult } from "../model/step.ts";
import { internalError, type MicrogptError, mistake } from "../util/errors.ts";
import { BatchRows } from "./batch-rows.ts";
import { type GPTState, type Step, type TrainerOptions, trainerDisposed } from "./engine.ts";
import { CompiledEvaluator } from "./evaluator.ts";
import { type Group, groupsOf, keptInputs, stateOf } from "./layout.ts";
import { OnDevice } from "./on-device.ts";
import { MOST_QUEUED, queuedPart, queuedStep, queuedUpdate } from "./queued-step.ts";
import { halvesOf, type Queue, type StepProgram, type StepTrainer } from "./step-programs.ts";

type Documents = readonly (readonly number[])[];

/** A step, with all that it takes to run it again. */
interface Making {
  readonly number: number;
  readonly rows: number;
  readonly learningRate: number;
  readonly parts: Documents[];
  /** Rows of the parts so far, and of the last of them. */
  first: number;
  last: number;
}

interface Queued extends Making {
  readonly resolve: (result: StepResult) => void;
  readonly reject: (error: unknown) => void;
}

/** For the machine of a CompiledEngine. Not its default, so that a page without such a machine need not load it. */
export const queue: Queue = {
  step: queuedStep,
  part: queuedPart,
  update: queuedUpdate,
  trainer: (state, programs, device, options) => new QueuedTrainer(state, programs, device, options),
};

class QueuedTrainer extends OnDevice implements StepTrainer {
  readonly evaluator: CompiledEvaluator | undefined;
  readonly #config: GPTConfig;
  readonly #options: Required<StepOptions>;
  readonly #batch: Program;
  readonly #update: Program;
  readonly #groups: readonly Group[];
  /** Inputs that hold weights and slots. */
  readonly #kept: readonly string[];
  readonly #rows: BatchRows;
  /** Steps whose results are known. */
  #steps: number;
  #queue: Queued[] = [];
  #reading: Promise<void> | undefined;
  #fetched: Required<GPTState> | undefined;
  #begun = 0;

  constructor(state: GPTState, programs: readonly StepProgram[], device: Device, options: TrainerOptions) {
    super(device);
    const { batch, update, evaluate } = halvesOf(programs);
    this.#config = state.config;
    this.#options = checkStepOptions(options);
    this.#steps = options.steps;
    this.#batch = batch;
    this.#update = update;
    this.#rows = new BatchRows(state.config, batch, device);
    this.#groups = groupsOf(state.config, options);
    const kept = keptInputs(this.#groups, state.weights, state.slots);
    for (const { name, size, fill } of kept) {
      const numbers = new Float32Array(size);
      fill(numbers);
      device.write(update, name, numbers);
    }
    this.#kept = kept.map(({ name }) => name);
    this.evaluator = evaluate && new CompiledEvaluator(state.config, evaluate, device, async () => {});
  }

  get pace(): Pace | undefined {
    return this.device.pace?.(this.#batch);
  }

  get steps(): number {
    return this.#steps;
  }

  step(): never {
    const got = "one whose memory is read later";
    const fix = "call begin, add the parts, and await finish";
    throw mistake("unsupported", "train", "a device that answers at once", got, fix);
  }

  begin(rows: number, learningRate: number): Step {
    if (this.#reading !== undefined || this.#queue.length === MOST_QUEUED) throw unread();
    const begun = ++this.#begun;
    const number = this.#steps + this.#queue.length + 1;
    const step: Making = { number, rows, learningRate, parts: [], first: 0, last: 0 };
    const check = (): void => {
      if (this.disposed) throw trainerDisposed();
      if (this.#begun !== begun || this.#reading !== undefined) throw unread();
    };
    check();
    return {
      add: (documents) => {
        check();
        this.#add(step, documents, this.#queue.length);
      },
      finish: () => {
        check();
        this.#finish(step, this.#queue.length);
        this.#fetched = undefined;
        const result = new Promise<StepResult>((resolve, reject) => this.#queue.push({ ...step, resolve, reject }));
        // Later, so that steps that are queued together are read together.
        if (this.#queue.length === 1) queueMicrotask(() => void this.settle());
        return result;
      },
      leave: () => {},
    };
  }

  /** Resolves when the results of all steps so far are known. */
  settle(): Promise<void> {
    if (this.#queue.length > 0) this.#reading ??= this.#read();
    return this.#reading ?? Promise.resolve();
  }

  /** Brings the numbers to where `state` finds them. */
  async fetch(): Promise<void> {
    await this.settle();
    if (this.#fetched !== undefined || this.disposed) return;
    const lists = await Promise.all(this.#kept.map((name) => this.device.read(this.#update, name)));
    const byName = new Map(this.#kept.map((name, i) => [name, lists[i]]));
    this.#fetched = stateOf(this.#config, this.#groups, (name) => byName.get(name) ?? new Float32Array());
  }

  get isFetched(): boolean {
    return this.#fetched !== undefined && this.#queue.length === 0;
  }

  /** Errors: numbers that were not fetched since the last step. */
  state(): Required<GPTState> {
    if (this.#fetched !== undefined) return this.#fetched;
    const [expected, got] = ["weights in this machine's memory", "weights on another device"];
    throw mistake("unsupported", "train", expected, got, "await the model's settle() first");
  }

  override dispose(): void {
    this.evaluator?.dispose();
    super.dispose();
  }

  get #whole(): boolean {
    return this.#batch === this.#update;
  }

  #add(step: Making, documents: Documents, slot: number): void {
    step.last = this.#rows.place(documents, step.rows);
    this.#rows.draw(this.#options.seed, step.number, step.first, step.last);
    this.#rows.send(step.last);
    if (!this.#whole) {
      if (step.parts.length === 0) this.#beginParts();
      this.#write(this.#batch, "slot", slot);
      this.#write(this.#batch, "part", step.parts.length);
      this.device.run(this.#batch, step.last);
    }
    step.parts.push(documents);
    step.first += step.last;
  }

  #finish(step: Making, slot: number): void {
    if (slot === 0) this.#beginQueue();
    this.#write(this.#update, "learning_rate", step.learningRate);
    this.#write(this.#update, "step", step.number);
    this.#write(this.#update, "slot", slot);
    this.device.run(this.#update, this.#whole ? step.last : 1);
  }

  #beginQueue(): void {
    this.#write(this.#update, "done", 0);
    this.device.write(this.#update, "results", new Float32Array(2 * MOST_QUEUED).fill(Number.NaN));
  }

  /** A step that was left midway has left something. */
  #beginParts(): void {
    this.#write(this.#batch, "parts", 0);
    for (const [name, { shape }] of this.#batch.inputs) {
      if (name.startsWith("gradient"))
        this.device.write(this.#batch, name, new Float32Array(entriesOf(shape, this.#batch)));
    }
  }

  #write(program: Program, input: string, x: number): void {
    this.device.write(program, input, [x]);
  }

  async #read(): Promise<void> {
    let failure: unknown;
    try {
      const [results, partLosses] = await Promise.all([
        this.device.read(this.#update, "results"),
        this.#whole ? undefined : this.device.read(this.#batch, "part_losses"),
      ]);
      const count = this.#options.gradientAccumulationSteps;
      for (const [slot, step] of this.#queue.entries()) {
        const [whole = Number.NaN, gradNorm = Number.NaN] = results.subarray(2 * slot);
        const parts = partLosses?.subarray(count * slot, count * (slot + 1)) ?? new Float32Array();
        const loss = parts.reduce((sum, part) => sum + part, whole);
        // A step that failed has left no result, and so have those behind it.
        failure ??= Number.isNaN(loss) ? await this.#failureOf(step) : undefined;
        if (failure === undefined) {
          this.#steps = step.number;
          step.resolve({ loss, gradNorm });
        } else step.reject(failure);
      }
    } catch (error) {
      for (const { reject } of this.#queue) reject(error);
    }
    this.#queue = [];
    this.#reading = undefined;
  }

  /** Runs a step that failed again, which changes nothing, to see which number was not finite. */
  async #failureOf({ parts, ...step }: Making): Promise<unknown> {
    const again = { ...step, parts: [], first: 0 };
    try {
      this.#beginQueue();
      let sum = 0;
      const addLoss = async (): Promise<void> => {
        const [loss = Number.NaN] = await this.device.read(this.#batch, "loss");
        sum += loss;
        checkFinite("loss", sum, step.number);
      };
      for (const part of parts) {
        this.#add(again, part, 0);
        if (!this.#whole) await addLoss();
      }
      this.#finish(again, 0);
      if (this.#whole) await addLoss();
      const [gradNorm = Number.NaN] = await this.device.read(this.#update, "grad_norm");
      checkFinite("gradient", gradNorm, step.number);
      return internalError(`step ${step.number} failed once`);
    } catch (error) {
      return error;
    }
  }
}

function unread(): MicrogptError {
  const [expected, got] = ["one step at a time", "a step that began before the previous ones were read"];
  return mistake("busy", "train", expected, got, "await the results of the previous steps");
}
