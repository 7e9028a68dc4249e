/** Chooses the machine of the compiled engine: machine code where it can be made and the work repays compiling it. */

import { type Checkpoint, countParams, type EngineName, type EngineOptions, GPT } from "../index.ts";
import type { EngineChoice, EngineReason } from "./engine-choice.ts";
import { type EngineFlags, engineOptions, typed } from "./flags/engine.ts";

/** Flags with the machine that they name, and the choice that led to it. */
export interface Chosen<F extends EngineFlags> {
  readonly flags: F;
  readonly choice: EngineChoice;
  /** True once machine code turned out not to compile or load. */
  readonly failed: () => boolean;
}

/**
 * Seconds of work on WebAssembly from which machine code repays its compilation of a second or two, if nothing is cached. The
 * work is estimated, not measured, and the cache does not count: the same command must choose the same machine each time.
 */
const REPAYS_SECONDS = 10;

/**
 * Chooses for work that takes about `seconds` on WebAssembly. Machine code that was asked for but cannot be made, or fails to
 * compile later, is one line for `warn`, and WebAssembly takes over.
 */
export async function chooseMachine<F extends EngineFlags>(
  flags: F,
  seconds: number,
  warn: (text: string) => void,
): Promise<Chosen<F>> {
  const { engine = "auto", strict } = flags;
  const plain = (name: EngineName, reason: EngineReason): Chosen<F> => ({
    // Undefined where it was not named: a saved model of the scalar engine stays there.
    flags: { ...flags, engine: engine === name ? name : undefined },
    choice: { name, reason },
    failed: () => false,
  });
  if (engine === "scalar") return plain(engine, "asked");
  if (strict) return plain("wasm", "strict");
  if (engine === "wasm") return plain(engine, "asked");
  if (engine === "auto" && seconds < REPAYS_SECONDS) return plain("wasm", "short");
  // Loaded only here: most commands are done sooner.
  const { machineCode, missing, native } = await import("../native.ts");
  const reason = missing();
  if (reason !== undefined) {
    if (engine === "native") warn(takingOver(reason));
    const obstacle = engine === "auto" ? { obstacle: reason.message } : {};
    return { ...plain("wasm", "missing"), choice: { name: "wasm", reason: "missing", ...obstacle } };
  }
  let failed = false;
  const onFailure = (error: Error): void => {
    // Once, however many models there are.
    if (!failed) warn(takingOver(error));
    failed = true;
  };
  return {
    flags: { ...flags, engine: "native", machine: native({ onFailure }) },
    choice: { name: "native", reason: engine === "native" ? "asked" : "long", detail: machineCode() },
    failed: () => failed,
  };
}

/** Multiply-adds per second of WebAssembly where it reads or writes tokens one after the other: 1.5 to 7 billion were measured. */
const TOKENS_RATE = 5e9;

/**
 * A saved model on the machine for reading or writing about this many tokens, one by one. A model of the scalar engine stays
 * there, unless another is asked for.
 */
export async function onMachine(
  checkpoint: Checkpoint,
  flags: EngineFlags,
  tokens: number,
  warn: (text: string) => void,
): Promise<Checkpoint> {
  const { model } = checkpoint;
  const seconds = model.engine === "scalar" ? 0 : (tokens * countParams(model.config)) / TOKENS_RATE;
  const { flags: chosen } = await chooseMachine(flags, seconds, warn);
  return chosen.machine === undefined ? checkpoint : movedTo(checkpoint, engineOptions(chosen));
}

/** The same checkpoint or run on the engine of the options. */
export function movedTo<C extends Checkpoint>(checkpoint: C, options: EngineOptions): C {
  const { model, mode } = checkpoint;
  return { ...checkpoint, model: new GPT(model.state(), { ...options, ...typed({ mode }) }) };
}

function takingOver({ message }: Error): string {
  return `${message}; WebAssembly takes over`;
}
