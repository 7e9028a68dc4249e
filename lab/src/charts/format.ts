/** Formats numbers and tokens for charts. */

const short = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });
const large = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 4 });

/** Four significant digits; very small and very large numbers as powers of ten. */
export function numeral(x: number): string {
  if (Number.isNaN(x)) return "–";
  const size = Math.abs(x);
  if (size !== 0 && (size < 1e-4 || size >= 1e9)) return x.toExponential(2);
  return short.format(x);
}

/** As short as possible: 12,000 is 12K. */
export const tick = (x: number): string => (Math.abs(x) >= 10_000 ? large.format(x) : numeral(x));

/** A token's text with visible spaces and line ends. */
export function visible(text: string): string {
  return text.replaceAll(" ", "␣").replaceAll("\r", "␍").replaceAll("\n", "⏎").replaceAll("\t", "⇥");
}

/**
 * A name unchanged, unless it begins or ends with an invisible character or contains a line end: then written like a
 * token.
 */
export function nameable(label: string): string {
  return label === label.trim() && !/[\r\n\t]/.test(label) ? label : visible(label);
}

/** A file name: letters and digits of any script, and hyphens. "Loss, so far" becomes "loss-so-far". */
export function fileName(title: string): string {
  return (
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, "-")
      .replace(/^-|-$/g, "") || "chart"
  );
}
