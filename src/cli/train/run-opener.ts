/** Opens a run on the machine that pays, after some steps of a copy on each. */

import {
  type EngineOptions,
  estimateStepSeconds,
  type GPTConfig,
  MicrogptError,
  type Preset,
  type Run,
  stepSize,
  type TrainingData,
  trainTokensOf,
} from "../../index.ts";
import { internalError } from "../../util/errors.ts";
import type { EngineChoice } from "../engine-choice.ts";
import { engineOptions } from "../flags/engine.ts";
import { type Chosen, chooseMachine, movedTo } from "../machine.ts";
import type { TrainFlags } from "./flags.ts";
import { secondsPerStep } from "./step-clock.ts";

/** An estimate of a run on WebAssembly. */
export interface Extent {
  readonly seconds: number;
  readonly steps: number;
}

/** Timing the steps of a shorter run would take too large a part of it. */
const FEWEST_STEPS = 200;
const TIMED_MS = 250;
const ROUNDS = 2;
/**
 * Machine code is left if WebAssembly is faster by this factor. The two are about as fast at the smallest sizes, where noise
 * must not change what the same command chooses.
 */
const PLAINLY_FASTER = 1.5;

/** The extent of a run with these settings on the data. */
export function extentOf({ model, training }: Preset, data: TrainingData): Extent {
  const config: GPTConfig = { ...model, vocabSize: data.tokenizer.vocabSize };
  const tokens = stepSize(training) * Math.min(model.blockSize, averageTokens(data));
  return { seconds: training.numSteps * estimateStepSeconds(config, tokens), steps: training.numSteps };
}

/** Of a document; running text has no end. */
export function averageTokens(data: TrainingData): number {
  return data.mode === "stream" ? Infinity : trainTokensOf(data) / data.train.length;
}

/** Chooses once, for all runs that it opens. */
export class RunOpener {
  readonly #flags: TrainFlags;
  readonly #warn: (text: string) => void;
  readonly #clock: typeof secondsPerStep;
  #chosen: Chosen<TrainFlags> | undefined;

  constructor(flags: TrainFlags, warn: (text: string) => void, clock: typeof secondsPerStep = secondsPerStep) {
    this.#flags = flags;
    this.#warn = warn;
    this.#clock = clock;
  }

  /** The engine of the runs so far; that of the flags before any. */
  get options(): EngineOptions {
    return engineOptions(this.#chosen?.flags ?? this.#flags);
  }

  /** The choice for the runs so far. */
  get choice(): EngineChoice {
    if (this.#chosen === undefined) throw internalError("no run was opened");
    return this.#chosen.choice;
  }

  /** Opens a run with the options that it passes to `start`. */
  async open({ seconds, steps }: Extent, start: (options: EngineOptions) => Run): Promise<Run> {
    if (this.#chosen !== undefined) return start(this.options);
    this.#chosen = await chooseMachine(this.#flags, seconds, this.#warn);
    const run = start(this.options);
    if (this.#chosen.choice.reason !== "long" || steps < FEWEST_STEPS) return run;
    const choice = await this.#compared(run, this.#chosen);
    if (choice.name === "native") {
      this.#chosen = { ...this.#chosen, choice };
      return run;
    }
    const { engine: _, machine: __, ...flags } = this.#chosen.flags;
    this.#chosen = { flags: { ...flags, engine: "wasm" }, choice, failed: () => false };
    run.model.dispose();
    return movedTo(run, this.options);
  }

  async #compared(run: Run, { choice, failed }: Chosen<TrainFlags>): Promise<EngineChoice> {
    let [native, wasm] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    // They take turns, and the faster time counts: other programs may run meanwhile.
    for (let round = 0; round < ROUNDS; round++) {
      native = Math.min(native, await this.#clock(run, this.options, TIMED_MS / ROUNDS));
      if (failed()) return { name: "wasm", reason: "failed" };
      const other = await this.#clock(run, { ...this.options, engine: "wasm" }, TIMED_MS / ROUNDS).catch(tooLarge);
      if (other === undefined) return choice;
      wasm = Math.min(wasm, other);
    }
    const gain = wasm / native;
    return gain * PLAINLY_FASTER < 1 ? { name: "wasm", reason: "slower", gain } : { ...choice, reason: "faster", gain };
  }
}

/** Undefined for a step of more memory than WebAssembly can address. */
function tooLarge(error: unknown): undefined {
  if (!(error instanceof MicrogptError)) throw error;
}
