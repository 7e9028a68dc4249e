import { countParams, type GPTConfig } from "../model/config.ts";

/** Multiply-adds in a second on one thread: 15 to 23 thousand million were measured from `tiny` to `xl`. */
const RATE = 20e9;
/** The share of a step that threads cannot share, from 1.69 times the speed with two (bench/README.md; Amdahl's law). */
const ALONE = 0.18;
/** Adam on a weight, and what a step takes besides: small models are made of these. */
const SECONDS_PER_WEIGHT = 0.7e-9;
const SECONDS_PER_STEP = 3e-6;

/**
 * About how long the compiled engine takes for a step on `rows` tokens, on the machine of bench/README.md: right to a
 * factor of 2 for the sizes of SIZES. To be replaced by a measured step as soon as there is one.
 */
export function estimateStepSeconds(config: GPTConfig, rows: number, threads = 1): number {
  const { nLayer, nEmbd, blockSize, vocabSize } = config;
  // Forward once, backward twice: the matrices of each layer, attention to half of the context, the logits.
  const perRow = nLayer * (12 * nEmbd * nEmbd + nEmbd * blockSize) + vocabSize * nEmbd;
  const shared = (3 * rows * perRow) / RATE;
  const gain = ALONE + (1 - ALONE) / threads;
  return shared * gain + countParams(config) * SECONDS_PER_WEIGHT + SECONDS_PER_STEP;
}
