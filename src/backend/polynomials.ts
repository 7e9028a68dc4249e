/**
 * Coefficients of exp, log and erf in float32, highest power first, which all renderers share. The ways to use them, with
 * their error bounds, are in wasm/asm/math.ts.
 */

/** log(2) in two parts; the upper has 15 bits, so that its product with a whole number below 512 is exact. */
export const LOG2_UPPER = 0.693145751953125;
export const LOG2_LOWER = 1.428606765330187e-6;

/** 2 e^r for |r| <= log(2) / 2; fitted for the least relative error. */
export const EXP_COEFFICIENTS: readonly number[] = [
  0.0027637395542114973, 0.016737431287765503, 0.08333658427000046, 0.3333304226398468, 0.9999998807907104, 2, 2,
];

/** (log(1 + s) - log(1 - s)) / s - 2 over s², in powers of s²: the fit of FreeBSD's e_logf.c. */
export const LOG_COEFFICIENTS: readonly number[] = [
  0.24279078841209412, 0.2849878668785095, 0.40000972151756287, 0.6666666269302368,
];

/** The bits of √½. */
export const SQRT_HALF_BITS = 0x3f3504f3;

/**
 * erf(x) / x - 1 over x² up to 1, and log(1 - erf(x)) over x from 1 to 4; fitted for the least relative error.
 */
export const ERF_NEAR: readonly number[] = [
  7.853842597636924e-5, -0.0008010187029455773, 0.005188326802501302, -0.026853811386166392, 0.11283585133393673,
  -0.37612625822874685, 0.1283791657268911,
];
export const ERF_FAR: readonly number[] = [
  0.00018760859992355132, -0.002960152897516999, 0.021889803407841937, -0.1032185531219675, -0.6380117958467745,
  -1.1271719142167487, -0.0003205062121830308,
];
