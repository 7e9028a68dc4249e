/** What stands in a checkpoint besides the weights, under which names. */

import { snakeCase } from "../util/case.ts";
import { MicrogptError, show } from "../util/errors.ts";
import { PLAIN } from "./settings.ts";

export const FORMAT = "microgpt";
export const VERSION = "1";

/** The names of each JSON object in the metadata, as they stand on disk. */
export const CONFIG: readonly string[] = [
  "vocab_size",
  "n_layer",
  "n_head",
  "n_embd",
  "block_size",
  "activation",
  "init_std",
  "zero_init",
];
export const SETTINGS: readonly string[] = ["num_steps", "learning_rate", "schedule", "beta1", "beta2", "eps", "seed"];
/** What files of earlier versions do not have, and what they meant then. */
export const LATER_SETTINGS: Readonly<Record<string, unknown>> = Object.fromEntries(
  Object.entries(PLAIN).map(([name, value]) => [snakeCase(name), value]),
);
export const DATA: readonly string[] = ["name", "num_docs", "crc32"];
export const LATER_DATA: Readonly<Record<string, unknown>> = { mode: "documents", val_fraction: 0, split: undefined };
export const RANDOM: readonly string[] = ["words", "index", "gauss_next"];

export const LOSSES = "history.loss";
/** Absent before the first evaluation. */
export const EVALUATIONS = { steps: "history.val_step", losses: "history.val_loss" } as const;

/** Errors: a number that is not finite. */
export function checkFinite(operation: string, name: string, data: Float64Array | Float32Array, fix: string): void {
  const at = data.findIndex((x) => !Number.isFinite(x));
  if (at === -1) return;
  throw new MicrogptError({
    operation,
    expected: `finite numbers in tensor ${show(name)}`,
    got: `${data[at]} at entry ${at}`,
    fix,
  });
}
