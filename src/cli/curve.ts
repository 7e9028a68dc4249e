import plot, { type Settings } from "simple-ascii-chart";

const HEIGHT = 10;
const MOST_COLUMNS = 64;
const TICKS = 4;

/** Losses of single documents jump about; their mean over this many steps shows where a run is going. */
const WINDOW = 50;

/** Thin lines instead of the library's heavy ones. */
const SYMBOLS: NonNullable<Settings["symbols"]> = {
  chart: { we: "─", wns: "╮", ns: "│", nse: "╰", wsn: "╯", sne: "╭" },
};

/** The loss curve as lines of text, at most `columns` wide; each column is a mean over the last steps at its place. */
export function drawCurve(losses: readonly number[], columns: number): string {
  const points = smooth(losses, Math.max(2, Math.min(MOST_COLUMNS, columns - 12)));
  const ticks = Array.from(
    { length: TICKS + 1 },
    (_, tick) => points[Math.round((tick * (points.length - 1)) / TICKS)],
  );
  const chart = plot(points, {
    width: points.length,
    height: HEIGHT,
    symbols: SYMBOLS,
    customXAxisTicks: [...new Set(ticks.map((point) => point?.[0] ?? 1))],
    formatter: (value, { axis }) => (axis === "y" ? value.toFixed(2) : value),
  });
  const lines = chart.split("\n").map((line) => line.trimEnd());
  return lines.filter((line) => line !== "").join("\n");
}

/** The mean of the last losses after `step` steps: of 50, or as many as there are. */
export function recentMean(losses: readonly number[], step: number = losses.length, window: number = WINDOW): number {
  const last = losses.slice(Math.max(0, step - window), step);
  return last.reduce((sum, loss) => sum + loss, 0) / last.length;
}

/** `loss: 3.46 at first, 2.47 on average over the last 50 steps`. */
export function summarize(losses: readonly number[]): string {
  const last = `${recentMean(losses).toFixed(2)} on average over the last ${Math.min(WINDOW, losses.length)} steps`;
  return `loss: ${losses[0]?.toFixed(2)} at first, ${last}`;
}

/** At most `count` points of the curve, from the first step to the last: (step, mean of the steps up to it). */
export function smooth(losses: readonly number[], count: number): [step: number, mean: number][] {
  const n = Math.min(count, losses.length);
  // Wide enough that the columns of a long run leave no step out.
  const window = Math.max(WINDOW, Math.ceil(losses.length / n));
  return Array.from({ length: n }, (_, i) => {
    const step = n === 1 ? 1 : 1 + Math.round((i * (losses.length - 1)) / (n - 1));
    return [step, recentMean(losses, step, window)];
  });
}
