/**
 * Filters that restrict the tokens to draw. Several apply in this order: repetition penalty (on the logits),
 * temperature, top-k, top-p, min-p (each on the probabilities left by the one before).
 */

/** The filters on probabilities; a missing one has no effect. */
export interface Filters {
  /** Only the k likeliest tokens may be drawn (Fan et al. 2018, arXiv:1805.04833); 1 is always the likeliest. */
  readonly topK?: number;
  /** Only the likeliest tokens that together have this probability: the nucleus (Holtzman et al. 2019, arXiv:1904.09751). */
  readonly topP?: number;
  /** Only tokens with at least this share of the likeliest one's probability (Nguyen et al. 2024, arXiv:2407.01082). */
  readonly minP?: number;
}

/** The probabilities (V), summing to 1, after the filters. */
export function filterProbabilities(probabilities: ArrayLike<number>, { topK, topP, minP }: Filters): Float64Array {
  let left = new Float64Array(probabilities);
  if (topK !== undefined) left = keepTopK(left, topK);
  if (topP !== undefined) left = keepTopP(left, topP);
  if (minP !== undefined) left = keepMinP(left, minP);
  return left;
}

/** The k largest, renormalized to sum 1; ties go to lower ids. */
export function keepTopK(probabilities: ArrayLike<number>, k: number): Float64Array<ArrayBuffer> {
  const sorted = new Float64Array(probabilities).sort();
  return keepLargest(probabilities, sorted, Math.min(k, sorted.length));
}

/** The fewest of the largest that together have at least p of the sum, renormalized to sum 1; ties go to lower ids. */
export function keepTopP(probabilities: ArrayLike<number>, p: number): Float64Array<ArrayBuffer> {
  const sorted = new Float64Array(probabilities).sort();
  let total = 0;
  for (let i = sorted.length - 1; i >= 0; i--) total += sorted[i] as number;
  let [count, sum] = [0, 0];
  // Summed from the largest on, like the total, so that p = 1 drops only zeros.
  while (count < sorted.length && (count === 0 || sum < p * total)) sum += sorted[sorted.length - ++count] as number;
  return keepLargest(probabilities, sorted, count);
}

/** Those that are at least `share` of the largest, renormalized to sum 1. */
export function keepMinP(probabilities: ArrayLike<number>, share: number): Float64Array<ArrayBuffer> {
  const left = new Float64Array(probabilities);
  let most = 0;
  for (let i = 0; i < left.length; i++) most = Math.max(most, left[i] as number);
  for (let i = 0; i < left.length; i++) if ((left[i] as number) < share * most) left[i] = 0;
  return normalize(left);
}

/**
 * Logits (V) with the given tokens made less likely: divided by the penalty if above 0, multiplied by it if below
 * (CTRL, Keskar et al. 2019, arXiv:1909.05858, whose logits were all above 0). 1 changes nothing, and repeating a given
 * token has no further effect.
 */
export function penalizeRepetition(logits: ArrayLike<number>, tokens: Iterable<number>, penalty: number): Float64Array {
  const penalized = new Float64Array(logits);
  for (const token of tokens) {
    const logit = logits[token] as number;
    penalized[token] = logit > 0 ? logit / penalty : logit * penalty;
  }
  return penalized;
}

/** Those among the `count` largest, by their sorted list, renormalized to sum 1. */
function keepLargest(probabilities: ArrayLike<number>, sorted: Float64Array, count: number): Float64Array<ArrayBuffer> {
  const left = new Float64Array(probabilities);
  const least = sorted[sorted.length - count] as number;
  // The number to keep of those equal to the smallest.
  let equals = count;
  for (let i = sorted.length - 1; i >= 0 && (sorted[i] as number) > least; i--) equals--;
  for (let i = 0; i < left.length; i++) {
    const p = left[i] as number;
    if (p < least || (p === least && equals-- <= 0)) left[i] = 0;
  }
  return normalize(left);
}

/** Divides the weights by their sum. */
function normalize(weights: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  let total = 0;
  for (let i = 0; i < weights.length; i++) total += weights[i] as number;
  for (let i = 0; i < weights.length; i++) weights[i] = (weights[i] as number) / total;
  return weights;
}
