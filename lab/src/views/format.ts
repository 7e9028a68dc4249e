/** Numbers in readable form. */

/** A loss with four decimals, as microgpt.py prints it. */
export function loss(x: number): string {
  return Number.isFinite(x) ? x.toFixed(4) : "–";
}

/** 812, 9.1 k, 1.25 M. */
export function short(n: number): string {
  if (!Number.isFinite(n)) return "–";
  if (n < 1000) return `${Math.round(n)}`;
  const [divisor, unit] = n < 1e6 ? [1e3, "k"] : n < 1e9 ? [1e6, "M"] : [1e9, "G"];
  return `${Number((n / divisor).toPrecision(3))} ${unit}`;
}

/** 8 s, 2 min 5 s, 1 h 3 min. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "–";
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  return minutes < 60 ? `${minutes} min ${whole % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** 0.0034, 1.2e-7: `n` significant digits. */
export function digits(x: number, n = 3): string {
  return Number.isFinite(x) ? `${Number(x.toPrecision(n))}` : "–";
}

/** 12.3 %, 0.04 %. */
export function percent(p: number): string {
  const x = 100 * p;
  return `${x >= 10 ? x.toFixed(1) : x.toPrecision(2)} %`;
}
