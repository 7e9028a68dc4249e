/** The choice of an engine. */

import type { DataMode } from "../data/corpus.ts";
import { WEIGHT_FORMATS, type WeightFormat } from "../model/narrow.ts";
import { checkAbove, checkFields, checkFlag, checkInteger, checkOneOf, isRecord } from "../util/checks.ts";
import type { Machine } from "./machine.ts";

/** `wasm` is compiled, in float32; `scalar` is the readable one, a `Value` for every number, in float64. */
export const ENGINES = ["wasm", "scalar"] as const;
export type EngineName = (typeof ENGINES)[number];

/** A machine for the compiled engine besides WebAssembly, such as `native` of `microgpt/native`. */
export interface Accelerator {
  readonly name: string;
  machine(options: EngineOptions): Machine;
}

/** An engine that is built in, or a machine for the compiled one. */
export type EngineChoice = EngineName | Accelerator;

export interface EngineOptions {
  /** Default `wasm`. */
  readonly engine?: EngineChoice;
  /** Threads of the compiled engine; the result is the same to the bit for any number. Default: the fastest number. */
  readonly threads?: number;
  /**
   * True to round multiplication and addition separately, so that the compiled engine gives the same bits on every
   * machine. Default false.
   */
  readonly strict?: boolean;
  /** Limit in bytes on the scalar engine's weights and graph together. Default 4 GiB. */
  readonly memoryLimit?: number;
  /**
   * Format of the matrices, to which they are rounded: the model then only evaluates and generates. Machine code reads narrow
   * ones at the speed of memory; others compute with the same numbers as f32. Default `f32`.
   */
  readonly weights?: WeightFormat;
}

const FIELDS: { readonly [F in keyof Required<EngineOptions>]: true } = {
  engine: true,
  threads: true,
  strict: true,
  memoryLimit: true,
  weights: true,
};
export const ENGINE_FIELDS: readonly string[] = Object.keys(FIELDS);

/** Returns engine options. Errors: an unknown engine, an invalid number of threads, an unknown field. */
export function checkEngineOptions(options: EngineOptions, besides: readonly string[] = []): EngineOptions {
  checkFields("engine", "the options", options, [...ENGINE_FIELDS, ...besides]);
  const { engine, threads, strict, memoryLimit, weights } = options;
  if (engine !== undefined && !isAccelerator(engine)) checkOneOf("engine", "engine", engine, ENGINES);
  if (threads !== undefined) checkInteger("engine", "threads", threads, { min: 1, max: 64 });
  if (strict !== undefined) checkFlag("engine", "strict", strict);
  if (memoryLimit !== undefined) checkAbove("engine", "memoryLimit", memoryLimit, 0);
  if (weights !== undefined) checkOneOf("engine", "weights", weights, WEIGHT_FORMATS);
  return options;
}

export function isAccelerator(engine: unknown): engine is Accelerator {
  return isRecord(engine) && typeof engine.machine === "function";
}

/** The engine's part of other options. */
export function engineOptionsOf({ engine, threads, strict, memoryLimit, weights }: EngineOptions): EngineOptions {
  return {
    ...(engine !== undefined && { engine }),
    ...(threads !== undefined && { threads }),
    ...(strict !== undefined && { strict }),
    ...(memoryLimit !== undefined && { memoryLimit }),
    ...(weights !== undefined && { weights }),
  };
}

export interface GPTOptions extends EngineOptions {
  /** The mode of the training data, which is the default for sampling. */
  readonly mode?: DataMode;
}
