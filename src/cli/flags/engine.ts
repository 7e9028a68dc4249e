import type { EngineName, EngineOptions } from "../../index.ts";
import { memoryLimit } from "../io.ts";

/** The flags for the engine. Undefined means not typed. */
export interface EngineFlags {
  readonly engine?: EngineName;
  readonly threads?: number;
  readonly strict?: true;
}

/** The library's options for them, with this process's memory limit. */
export function engineOptions({ engine, threads, strict }: EngineFlags): EngineOptions {
  return { ...typed({ engine, threads, strict }), memoryLimit: memoryLimit() };
}

/** A record without undefined fields, so that they do not hide defaults. */
export function typed<T extends object>(record: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(record).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
