/** Numbers derived from an inspection. R tokens, C channels, V vocabulary. */

import { type Inspection, log, probabilities } from "microgpt";

/** The prediction after each layer, as if the model ended there: (nLayer + 1, R), the first after the embedding. */
export interface Lens {
  /** The likeliest token, and its probability. */
  readonly top: Int32Array;
  readonly probability: Float64Array;
  /** The probability of the followed token. */
  readonly course: Float64Array;
  /** (R) the followed token: the true next one or, at the last position, the whole model's likeliest one. */
  readonly followed: Int32Array;
}

/** The residual stream at one point of the model. */
export interface Stream {
  /** (R, C) */
  readonly data: Float32Array;
  /** The length of each token's vector at every point of the model (2 nLayer + 1, R). */
  readonly lengths: Float32Array;
}

/**
 * (R) in nats, of each token given those before it; NaN for the first, which is not predicted. Errors: logits that are
 * not finite.
 */
export function lossesOf({ tokens, logits }: Inspection): Float64Array {
  return Float64Array.from(tokens, (token, r) =>
    r === 0 ? Number.NaN : -log(at(probabilities(row(logits, r - 1, tokens.length), 1), token)),
  );
}

/** Errors: logits that are not finite. */
export function lensOf({ tokens, lens }: Inspection): Lens {
  const count = tokens.length;
  const said = lens.flatMap((logits) => tokens.map((_, r) => probabilities(row(logits, r, count), 1)));
  const top = Int32Array.from(said, likeliest);
  const followed = Int32Array.from(tokens, (_, r) => tokens[r + 1] ?? at(top, top.length - 1));
  return {
    top,
    probability: Float64Array.from(said, (chances, i) => at(chances, at(top, i))),
    course: Float64Array.from(said, (chances, i) => at(chances, at(followed, i % count))),
    followed,
  };
}

/** The residual stream at every point: the input of the first layer, and after each layer's attention and MLP. */
export function streamsOf({ embedding, layers }: Inspection): Float64Array[] {
  return [embedding, ...layers.flatMap(({ afterAttention, afterMlp }) => [afterAttention, afterMlp])];
}

/** (streams, R) */
export function lengthsOf(streams: readonly Float64Array[], count: number): Float32Array {
  return Float32Array.from({ length: streams.length * count }, (_, i) => {
    const stream = streams[Math.floor(i / count)] ?? new Float64Array();
    return Math.hypot(...row(stream, i % count, count));
  });
}

/** A row of R. */
export function row(data: Float64Array, r: number, count: number): Float64Array {
  const width = data.length / count;
  return data.subarray(r * width, (r + 1) * width);
}

function likeliest(chances: readonly number[]): number {
  return chances.reduce((best, chance, id) => (chance > at(chances, best) ? id : best), 0);
}

function at(data: ArrayLike<number>, i: number): number {
  return data[i] ?? Number.NaN;
}
