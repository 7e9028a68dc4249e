/** Numbers and tokens as charts write them. */

const short = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });
const large = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 4 });

/** Four significant digits; very small and very large numbers as powers of ten. */
export function numeral(x: number): string {
  if (Number.isNaN(x)) return "–";
  const size = Math.abs(x);
  if (size !== 0 && (size < 1e-4 || size >= 1e9)) return x.toExponential(2);
  return short.format(x);
}

/** As short as it can be: 12,000 is 12K. */
export const tick = (x: number): string => (Math.abs(x) >= 10_000 ? large.format(x) : numeral(x));

/** A token's text with its spaces and line ends to be seen. */
export function visible(text: string): string {
  return text.replaceAll(" ", "␣").replaceAll("\r", "␍").replaceAll("\n", "⏎").replaceAll("\t", "⇥");
}

/** A name as it stands, unless it begins or ends with what cannot be seen, or holds a line end: then as a token. */
export function nameable(label: string): string {
  return label === label.trim() && !/[\r\n\t]/.test(label) ? label : visible(label);
}

/** A name for a file: letters and digits of any script, and hyphens. "Loss, so far" is "loss-so-far". */
export function fileName(title: string): string {
  return (
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, "-")
      .replace(/^-|-$/g, "") || "chart"
  );
}
