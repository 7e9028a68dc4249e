/**
 * Training on the compiled engine: one program runs the whole step, or two its halves, and weights and slots stay in
 * their memory.
 */

import type { Backend, Device, OpenOptions, VisibleDevice } from "../backend/backend.ts";
import type { Pace } from "../backend/trial.ts";
import type { Program } from "../compile/compile.ts";
import type { GPTConfig } from "../model/config.ts";
import { countRows, partsOf } from "../model/pack.ts";
import { type Ranks, shareOf } from "../model/ranks.ts";
import { checkFinite, checkStepOptions, type StepOptions, type StepResult } from "../model/step.ts";
import { internalError, type MicrogptError, mistake } from "../util/errors.ts";
import { BatchRows } from "./batch-rows.ts";
import { type GPTState, type Step, type TrainerOptions, trainerDisposed } from "./engine.ts";
import { CompiledEvaluator } from "./evaluator.ts";
import { type Group, groupsOf, keptInputs, stateOf } from "./layout.ts";
import { OnDevice } from "./on-device.ts";
import { checkSlots } from "./state.ts";
import { type CompiledStep, halvesOf, type Queue, type StepProgram, type StepTrainer } from "./step-programs.ts";

/** `queue`: that of a machine that answers late. Errors: options out of range, more memory than the backend has, threads that do not start. */
export async function openTrainer(
  backend: Backend,
  threads: OpenOptions,
  { programs }: CompiledStep,
  state: GPTState,
  options: TrainerOptions,
  queue?: Queue,
): Promise<StepTrainer> {
  checkSlots(state.config, options, state.slots);
  const device = await backend.open(
    programs.map(({ program }) => program),
    threads,
  );
  if (queue !== undefined) return queue.trainer(state, programs, device, options);
  if (!seesMemory(device)) throw internalError("a machine that answers late, without a queue");
  return new CompiledTrainer(state, programs, device, options);
}

function seesMemory(device: Device): device is VisibleDevice {
  return device.view !== undefined;
}

/** The programs of a step on a device, as a trainer. */
export class CompiledTrainer extends OnDevice<VisibleDevice> implements StepTrainer {
  readonly evaluator: CompiledEvaluator | undefined;
  readonly #config: GPTConfig;
  readonly #options: Required<StepOptions>;
  readonly #ranks: Ranks | undefined;
  /** The programs for loss and gradient, and for the update: the same, if the step is one program. */
  readonly #batch: Program;
  readonly #update: Program;
  readonly #groups: readonly Group[];
  readonly #rows: BatchRows;
  readonly #learningRate: Float32Array;
  /** Absent if the optimizer does not depend on it. */
  readonly #step: Float32Array | undefined;
  readonly #loss: Float32Array;
  readonly #gradNorm: Float32Array;
  #steps: number;
  /** Steps begun, including failed and abandoned ones. */
  #begun = 0;

  constructor(state: GPTState, programs: readonly StepProgram[], device: VisibleDevice, options: TrainerOptions) {
    super(device);
    const { batch, update, evaluate } = halvesOf(programs);
    const { config, weights, slots } = state;
    this.#config = config;
    this.#options = checkStepOptions(options);
    this.#ranks = options.ranks;
    this.#steps = options.steps;
    this.#batch = batch;
    this.#update = update;
    this.#rows = new BatchRows(config, batch, device);
    this.#learningRate = device.view(update, "learning_rate");
    this.#step = update.inputs.has("step") ? device.view(update, "step") : undefined;
    this.#loss = device.view(batch, "loss");
    this.#gradNorm = device.view(update, "grad_norm");

    this.#groups = groupsOf(config, options);
    for (const { name, fill } of keptInputs(this.#groups, weights, slots)) fill(device.view(update, name));
    this.evaluator = evaluate && new CompiledEvaluator(config, evaluate, device, async () => {});
  }

  get steps(): number {
    return this.#steps;
  }

  get pace(): Pace | undefined {
    return this.device.pace?.(this.#batch);
  }

  step(documents: readonly (readonly number[])[], learningRate: number): StepResult {
    if (this.#batch === this.#update) return this.#wholeStep(documents, learningRate);
    const { blockSize } = this.#config;
    const [{ length } = []] = partsOf(documents, this.#options.gradientAccumulationSteps);
    const { from, to } = shareOf(documents.length, this.#ranks);
    const before = from === 0 ? 0 : countRows(documents.slice(0, from), blockSize);
    const step = this.begin(countRows(documents, blockSize), learningRate, before);
    for (let i = from; i < to; i += length) step.add(documents.slice(i, Math.min(to, i + length)));
    return step.finish();
  }

  /** A step of one part without what several need: at microgpt's size that would be a tenth of its time. */
  #wholeStep(documents: readonly (readonly number[])[], learningRate: number): StepResult {
    this.#checkUsable();
    this.#begun++;
    const number = this.#steps + 1;
    const rows = this.#rows.place(documents);
    this.#rows.draw(this.#options.seed, number, 0, rows);
    this.#learningRate[0] = learningRate;
    if (this.#step !== undefined) this.#step[0] = number;
    this.device.run(this.#update, rows);
    return this.#finished(this.#loss[0] ?? Number.NaN, number);
  }

  #finished(loss: number, number: number): StepResult {
    const [gradNorm = Number.NaN] = this.#gradNorm;
    checkFinite("loss", loss, number);
    checkFinite("gradient", gradNorm, number);
    this.#steps = number;
    return { loss, gradNorm };
  }

  begin(rows: number, learningRate: number, before = 0): Omit<Step, "finish"> & { finish(): StepResult } {
    this.#checkUsable();
    const [begun, number] = [++this.#begun, this.#steps + 1];
    const whole = this.#batch === this.#update;
    // Here, not after the update: an abandoned step leaves a partial gradient.
    const gradients = whole ? [] : this.#groups.map(({ suffix }) => this.device.view(this.#batch, `gradient${suffix}`));
    for (const gradient of gradients) gradient.fill(0);
    let [loss, first, last] = [0, before, 0];
    const run = (program: Program, count: number): void => {
      this.#checkUsable(begun);
      this.#learningRate[0] = learningRate;
      if (this.#step !== undefined) this.#step[0] = number;
      this.device.run(program, count);
    };
    return {
      add: (documents) => {
        last = this.#rows.place(documents, rows);
        this.#rows.draw(this.#options.seed, number, first, last);
        first += last;
        if (whole) return;
        run(this.#batch, last);
        loss += this.#loss[0] ?? Number.NaN;
        // The other ranks wait for the numbers of this one, finite or not.
        if (this.#ranks === undefined) checkFinite("loss", loss, number);
      },
      finish: () => {
        this.#checkUsable(begun);
        if (this.#ranks !== undefined) {
          const sums = Float64Array.of(loss);
          this.#ranks.sum(sums, ...gradients);
          loss = sums[0] ?? Number.NaN;
          checkFinite("loss", loss, number);
        }
        run(this.#update, last);
        return this.#finished(whole ? (this.#loss[0] ?? Number.NaN) : loss, number);
      },
      leave: () => {},
    };
  }

  /** Errors: a trainer that was disposed, or another step begun since. */
  #checkUsable(begun = this.#begun): void {
    if (this.disposed) throw trainerDisposed();
    if (this.#begun !== begun) throw twoSteps();
  }

  state(): Required<GPTState> {
    return stateOf(this.#config, this.#groups, (name) => this.device.view(this.#update, name));
  }

  async fetch(): Promise<void> {}

  get isFetched(): boolean {
    return true;
  }

  override dispose(): void {
    this.evaluator?.dispose();
    super.dispose();
  }
}

function twoSteps(): MicrogptError {
  const [expected, got] = ["one step at a time", "a step that began during another"];
  return mistake("busy", "train", expected, got, "await each step before the next");
}
