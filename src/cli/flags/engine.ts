import { type Accelerator, ENGINES, type EngineName, type EngineOptions } from "../../index.ts";
import { memoryLimit } from "../io.ts";

/** The engines of the command line: `native` is the compiled one on machine code. */
export const ENGINE_CHOICES: readonly (EngineName | "native")[] = ["native", ...ENGINES];

/** The flags for the engine. Undefined means not typed. */
export interface EngineFlags {
  readonly engine?: EngineName | "native";
  readonly threads?: number;
  readonly strict?: true;
  /** The machine of `native`, which `withMachine` adds. */
  readonly machine?: Accelerator;
}

/**
 * The flags with the machine that they name. Call it before anything uses the engine. Where machine code cannot be made,
 * `warn` is told so in one line, now or when a program cannot be compiled, and WebAssembly takes over.
 */
export async function withMachine<F extends EngineFlags>(flags: F, warn: (text: string) => void): Promise<F> {
  if (flags.engine !== "native") return flags;
  const { missing, native } = await import("../../native.ts");
  const takeOver = ({ message }: Error): void => warn(`${message}; WebAssembly takes over`);
  const reason = missing();
  if (reason === undefined) return { ...flags, machine: native({ onFailure: takeOver }) };
  takeOver(reason);
  return { ...flags, engine: "wasm" };
}

/** The library's options for them, with this process's memory limit. */
export function engineOptions({ engine, machine, threads, strict }: EngineFlags): EngineOptions {
  const chosen = machine ?? (engine === "native" ? undefined : engine);
  return { ...typed({ engine: chosen, threads, strict }), memoryLimit: memoryLimit() };
}

/** A record without undefined fields, so that they do not hide defaults. */
export function typed<T extends object>(record: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(record).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
