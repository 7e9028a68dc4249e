/** Milliseconds of several runs of the same work. */
export interface Timing {
  readonly median: number;
  readonly fastest: number;
  readonly slowest: number;
}

/** Times `work` `runs` times, after one warm-up run. */
export function measure(runs: number, work: () => void): Timing {
  work();
  const times: number[] = [];
  for (let i = 0; i < runs; i++) {
    const start = performance.now();
    work();
    times.push(performance.now() - start);
  }
  times.sort((x, y) => x - y);
  return { median: times[runs >> 1] ?? 0, fastest: times[0] ?? 0, slowest: times.at(-1) ?? 0 };
}

/** A row of the table: the median and, in brackets, the spread, each as `of` makes it from milliseconds. */
export function row(
  name: string,
  { median, fastest, slowest }: Timing,
  unit: string,
  of: (ms: number) => number,
): string {
  const [middle, one, other] = [of(median), of(fastest), of(slowest)];
  const digits = middle < 10 ? 2 : middle < 100 ? 1 : 0;
  const show = (x: number): string =>
    x.toLocaleString("en", { maximumFractionDigits: digits, minimumFractionDigits: digits });
  return `| ${name} | ${show(middle)} ${unit} | ${show(Math.min(one, other))} to ${show(Math.max(one, other))} |`;
}
