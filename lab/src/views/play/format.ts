/** Number formats of this view. */

import { percent as someOrMore } from "../format.ts";

const rounded = new Intl.NumberFormat("en", { maximumSignificantDigits: 2 });
const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** 12.3 %; a tiny probability is distinguished from 0, but not from smaller ones. */
export function percent(probability: number): string {
  if (probability === 0) return "0 %";
  return probability < 1e-5 ? "< 0.001 %" : someOrMore(probability);
}

/** The number after "1 in" for a probability with this logarithm: 3,400 or 2.3 × 10¹². */
export function oneIn(logProbability: number): string {
  if (logProbability === Number.NEGATIVE_INFINITY) return "∞";
  const power = -logProbability / Math.LN10;
  if (power < 9) return rounded.format(10 ** power);
  let whole = Math.floor(power);
  let digits = (10 ** (power - whole)).toFixed(1);
  if (digits === "10.0") [digits, whole] = ["1.0", whole + 1];
  return `${digits} × 10${[...`${whole}`].map((digit) => SUPERSCRIPTS[Number(digit)]).join("")}`;
}

/** A cost in nats or bits, with two decimals. */
export function cost(value: number): string {
  return Number.isFinite(value) ? value.toFixed(2) : Number.isNaN(value) ? "–" : "∞";
}

/** A sum of logarithms. */
export function logs(sum: number): string {
  return sum.toFixed(2).replace("-", "−");
}
