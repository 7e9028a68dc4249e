import type { EngineName, EngineOptions } from "../../index.ts";
import { memoryLimit } from "../io.ts";

/** The flags that say what runs a model. What is undefined was not typed. */
export interface EngineFlags {
  readonly engine?: EngineName;
  readonly threads?: number;
  readonly strict?: true;
}

/** What the library is told of them, and of this process's memory. */
export function engineOptions({ engine, threads, strict }: EngineFlags): EngineOptions {
  return { ...typed({ engine, threads, strict }), memoryLimit: memoryLimit() };
}

/** A record without what is undefined, so that it does not hide a default. */
export function typed<T extends object>(record: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(record).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
