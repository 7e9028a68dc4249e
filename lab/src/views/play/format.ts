/** Numbers as this view says them. */

import { percent as someOrMore } from "../format.ts";

const rounded = new Intl.NumberFormat("en", { maximumSignificantDigits: 2 });
const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** 12.3 %; what is hardly anything is not told from less, but from nothing at all. */
export function percent(probability: number): string {
  if (probability === 0) return "0 %";
  return probability < 1e-5 ? "< 0.001 %" : someOrMore(probability);
}

/** Of a probability with this logarithm, what stands after "1 in": 3,400 or 2.3 × 10¹². */
export function oneIn(logProbability: number): string {
  if (logProbability === Number.NEGATIVE_INFINITY) return "∞";
  const power = -logProbability / Math.LN10;
  if (power < 9) return rounded.format(10 ** power);
  let whole = Math.floor(power);
  let digits = (10 ** (power - whole)).toFixed(1);
  if (digits === "10.0") [digits, whole] = ["1.0", whole + 1];
  return `${digits} × 10${[...`${whole}`].map((digit) => SUPERSCRIPTS[Number(digit)]).join("")}`;
}

/** What was paid, in nats or bits: two places. */
export function cost(value: number): string {
  return Number.isFinite(value) ? value.toFixed(2) : Number.isNaN(value) ? "–" : "∞";
}

/** A sum of logarithms. */
export function logs(sum: number): string {
  return sum.toFixed(2).replace("-", "−");
}
