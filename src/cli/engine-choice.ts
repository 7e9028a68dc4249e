/** The engine of a run and its threads, and how they were chosen. */

import type { EngineName, Pace } from "../index.ts";

/** The engine that was chosen, and why. */
export interface EngineChoice {
  readonly name: EngineName | "native";
  readonly reason: EngineReason;
  /** Vectors and compiler of machine code. */
  readonly detail?: string;
  /** Speed of machine code relative to WebAssembly, as measured. */
  readonly gain?: number;
  /** Why there is no machine code, and how to get it; absent if a warning has said so. */
  readonly obstacle?: string;
}

/**
 * `asked` by flag; `strict`, which WebAssembly alone has; `resumed` as the run began; too `short` for compiling to pay, or
 * `long` enough; measured and `faster` or `slower`; `missing` or `failed`, so that there is no machine code.
 */
export type EngineReason =
  | "asked"
  | "strict"
  | "resumed"
  | "short"
  | "long"
  | "faster"
  | "slower"
  | "missing"
  | "failed";

const reasons: { readonly [R in EngineReason]: (choice: EngineChoice) => string } = {
  asked: () => "",
  strict: () => ", strict: the same bits on every machine",
  resumed: () => ", as before",
  short: () => ": the run is too short to compile native code for",
  long: () => ": the run is long enough to compile for",
  faster: ({ gain = 1 }) => `: ${gain < 1.1 ? "about" : times(gain)} as fast as wasm here`,
  slower: ({ gain = 1 }) => `: ${times(1 / gain)} as fast as native here`,
  missing: ({ obstacle }) => (obstacle === undefined ? "" : `; native would be faster (${obstacle})`),
  failed: () => ": native code cannot be compiled here",
};

/** `native (512-bit vectors, gcc-12): 2.1 times as fast as wasm here`. */
export function describeEngine(choice: EngineChoice): string {
  const { name, reason, detail } = choice;
  return `${name}${detail === undefined ? "" : ` (${detail})`}${reasons[reason](choice)}`;
}

/** `2, 1.8 times as fast as 1`. */
export function describePace({ threads, most, gain }: Pace): string {
  if (threads === 1) return `1, ${times(1 / gain)} as fast as ${most === 2 ? "2" : `2 to ${most}`}`;
  return `${threads}, ${times(gain)} as fast as 1${threads === most ? "" : `; up to ${most} were tried`}`;
}

function times(factor: number): string {
  return `${factor.toPrecision(2)} times`;
}
