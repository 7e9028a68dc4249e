import { type Accelerator, ENGINES, type EngineName, type EngineOptions, type WeightFormat } from "../../index.ts";
import { memoryLimit } from "../io.ts";

/** The engines of the command line: `native` is the compiled one on machine code, `auto` the faster of it and `wasm`. */
export const ENGINE_CHOICES: readonly EngineFlag[] = ["auto", "native", ...ENGINES];
export type EngineFlag = EngineName | "auto" | "native";

/** The flags for the engine. Undefined means not typed. */
export interface EngineFlags {
  readonly engine?: EngineFlag;
  readonly threads?: number;
  readonly strict?: true;
  /** Only commands that do not train have it. */
  readonly weights?: WeightFormat;
  /** The machine of `native`, which `chooseMachine` adds. */
  readonly machine?: Accelerator;
}

/** The library's options for them, with this process's memory limit. */
export function engineOptions({ engine, machine, threads, strict, weights }: EngineFlags): EngineOptions {
  const named = ENGINES.find((name) => name === engine);
  return { ...typed({ engine: machine ?? named, threads, strict, weights }), memoryLimit: memoryLimit() };
}

/** A record without undefined fields, so that they do not hide defaults. */
export function typed<T extends object>(record: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(record).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
