import type { GPTConfig } from "../model/config.ts";
import { countMultiplied, countParams } from "../model/params.ts";

/** Multiply-adds per second on one thread: 15 to 23 billion were measured from `tiny` to `xl`. */
const RATE = 20e9;
/** The serial share of a step, from a speedup of 1.69 with two threads (bench/README.md; Amdahl's law). */
const ALONE = 0.18;
/** Adam on a weight, and the fixed time of a step, which dominate small models. */
const SECONDS_PER_WEIGHT = 0.7e-9;
const SECONDS_PER_STEP = 3e-6;

/**
 * Estimated time of the compiled engine for a step on `rows` tokens, on the machine of bench/README.md: right within a
 * factor of 2 for the sizes of SIZES. A measured step should replace it as soon as there is one.
 */
export function estimateStepSeconds(config: GPTConfig, rows: number, threads = 1): number {
  const { nLayer, nEmbd, blockSize } = config;
  // Forward once, backward twice: the matrices of each layer, attention to half of the context, the logits.
  const perRow = countMultiplied(config) + nLayer * nEmbd * blockSize;
  const shared = (3 * rows * perRow) / RATE;
  const gain = ALONE + (1 - ALONE) / threads;
  return shared * gain + countParams(config) * SECONDS_PER_WEIGHT + SECONDS_PER_STEP;
}
