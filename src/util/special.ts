/** sigmoid and erf with the same bits on every JavaScript engine, built on `exp` of math.ts. */

import { exp } from "./math.ts";

/** 1 / (1 + exp(-x)), without a loss of digits on either side. */
export function sigmoid(x: number): number {
  if (x >= 0) return 1 / (1 + exp(-x));
  const e = exp(x);
  return e / (1 + e);
}

/** Above this the continued fraction is short; below, the series is. */
const FAR = 2.5;
/** Above this erf is 1, to the last bit. */
const ONE = 6;

/**
 * The error function, within 4e-16. (Abramowitz and Stegun 1964, 7.1.6: a series of positive terms; 7.1.14: a continued
 * fraction for 1 - erf)
 */
export function erf(x: number): number {
  const z = Math.abs(x);
  if (!(z < ONE)) return Number.isNaN(x) ? x : Math.sign(x);
  const scaled = exp(-z * z) / Math.sqrt(Math.PI);
  return Math.sign(x) * (z < FAR ? 2 * scaled * series(z) : 1 - scaled / fraction(z));
}

/** z + 2 z³ / 3 + 4 z⁵ / (3 · 5) + ... */
function series(z: number): number {
  let [sum, term] = [z, z];
  for (let n = 1; term > sum * 1e-17; n++) {
    term *= (2 * z * z) / (2 * n + 1);
    sum += term;
  }
  return sum;
}

/** z + (1/2) / (z + 1 / (z + (3/2) / (z + ...))), from its 60th step back. */
function fraction(z: number): number {
  let value = z;
  for (let n = 60; n > 0; n--) value = z + n / 2 / value;
  return value;
}
