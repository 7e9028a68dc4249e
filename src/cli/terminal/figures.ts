/** Number formats for tables. */

import { count } from "../../util/count.ts";

/** `9,999`, above that `12.3k`, `1.23M`. */
export function shortCount(n: number): string {
  if (n < 1e4) return count(Math.round(n));
  const [unit, divisor] = n < 1e6 ? ["k", 1e3] : n < 1e9 ? ["M", 1e6] : ["B", 1e9];
  return `${Number((n / Number(divisor)).toPrecision(3))}${unit}`;
}

/** `2.3456`; shorter for the huge losses of a diverged run; empty for undefined. */
export function loss(value: number | undefined): string {
  if (value === undefined) return "";
  return Math.abs(value) < 1e4 ? value.toFixed(4) : value.toPrecision(3);
}

/** `0.25`, `2.33`, `1.9e+5`: three digits, for an axis. */
export function tick(value: number): string {
  const plain = value === 0 || (Math.abs(value) >= 1e-3 && Math.abs(value) < 1e4);
  return plain ? `${Number(value.toPrecision(3))}` : value.toExponential(1);
}

/** `46 ms`, `2.5 s`, from ten on `40 s`, `25 min`, `3.5 h`. */
export function time(seconds: number): string {
  if (seconds >= 10) return duration(seconds);
  return seconds < 0.995 ? `${Number((seconds * 1000).toPrecision(2))} ms` : `${Number(seconds.toPrecision(2))} s`;
}

/** `14:05` of today, `Jan 31` of this year, `2025-01-31` before. */
export function dateOf(date: Date, now: Date = new Date()): string {
  const pad = (n: number): string => String(n).padStart(2, "0");
  if (date.toDateString() === now.toDateString()) return `${pad(date.getHours())}:${pad(date.getMinutes())}`;
  const month = date.toLocaleString("en", { month: "short" });
  if (date.getFullYear() === now.getFullYear()) return `${month} ${date.getDate()}`;
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
}

/** `40 s`, `25 min`, `3.5 h`. */
export function duration(seconds: number): string {
  if (seconds < 120) return `${Math.ceil(seconds)} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

/** `512 KB`, `39 MB`, `2.2 GB`. */
export function bytes(n: number): string {
  if (n < 1e6) return `${Math.ceil(n / 1e3)} KB`;
  return n < 1e9 ? `${Math.round(n / 1e6)} MB` : `${(n / 1e9).toFixed(1)} GB`;
}
