/**
 * Normal draws to 2^-37, five times as fast as to the last bit. That is enough to know the float32 nearest to the exact
 * draw, but for one in about a thousand; `Random.fillGauss` draws those again. There are no branches on random bits,
 * half of which a processor mispredicts, and no tables or second parts of numbers as in math.ts and cos-sin.ts.
 */

/** No draw differs from that of `Random.gauss` by more: 2^-38, of which the series of the cosine causes nearly all. */
export const NEAR = 7.275957614183426e-12; // 2^-37

/** √½ as the bits of a float. */
const SQRT_HALF_BITS = 0x3f3504f3;

/** The cosine of 0 to 3 quarter turns. */
const TURNS = /* @__PURE__ */ Float64Array.of(1, 0, -1, 0);

/** Writes two draws for each pair of uniform ones in [0, 1), by Box and Muller: radius · cos and radius · sin. */
export function nearNormals(uniform: Float64Array, normal: Float64Array): void {
  // A float and its bits as an integer, in the same memory.
  const float = new Float32Array(1);
  const bits = new Int32Array(float.buffer);
  for (let i = 0; i < uniform.length; i += 2) {
    const turn = uniform[i] as number;
    const rest = 1 - (uniform[i + 1] as number); // from 2^-53 to 1

    // rest = 2^k m with m from √½ to √2, and log(m) = 2 (s + s³/3 + s⁵/5 + ...) with s = (m - 1) / (m + 1).
    float[0] = rest;
    const k = ((bits[0] as number) - SQRT_HALF_BITS) >> 23;
    bits[0] = (127 - k) << 23;
    const m = rest * (float[0] as number);
    const s = (m - 1) / (m + 1);
    const s2 = s * s;
    const s4 = s2 * s2;
    const s8 = s4 * s4;
    const start = 2 + s2 * (2 / 3) + s4 * (2 / 5 + s2 * (2 / 7));
    const log = k * Math.LN2 + s * (start + s8 * (2 / 9 + s2 * (2 / 11) + s4 * (2 / 13 + s2 * (2 / 15))));
    const radius = Math.sqrt(-2 * log);

    // The angle is a number of quarter turns plus x, up to π/4.
    const quarters = (turn * 4 + 0.5) | 0;
    const x = (turn - quarters / 4) * (2 * Math.PI);
    const x2 = x * x;
    const x4 = x2 * x2;
    const x8 = x4 * x4;
    const cosEnd = x8 * (1 / 40320 - x2 * (1 / 3628800) + x4 * (1 / 479001600));
    const sinEnd = x8 * (1 / 362880 - x2 * (1 / 39916800) + x4 * (1 / 6227020800));
    const cos = radius * (1 - x2 * (1 / 2) + x4 * (1 / 24 - x2 * (1 / 720)) + cosEnd);
    const sin = radius * x * (1 - x2 * (1 / 6) + x4 * (1 / 120 - x2 * (1 / 5040)) + sinEnd);

    const cosTurn = TURNS[quarters & 3] as number;
    const sinTurn = TURNS[(quarters + 3) & 3] as number;
    normal[i] = cos * cosTurn - sin * sinTurn;
    normal[i + 1] = sin * cosTurn + cos * sinTurn;
  }
}
