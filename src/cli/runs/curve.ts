import plot, { type Settings } from "simple-ascii-chart";
import type { Evaluation } from "../../index.ts";

const HEIGHT = 10;
const MOST_COLUMNS = 64;
const LEAST_COLUMNS = 8;
const TICKS = 4;
/** Enough that the numbers under the curve do not touch. */
const TICK_COLUMNS = 6;

/** Losses of single documents are noisy; their mean over this many steps shows the trend. */
const WINDOW = 50;

/** Thin lines instead of the library's heavy ones. */
const SYMBOLS: NonNullable<Settings["symbols"]> = {
  point: "o",
  chart: { we: "─", wns: "╮", ns: "│", nse: "╰", wsn: "╯", sne: "╭" },
};

/**
 * The loss curve as lines of text, at most `columns` wide (at least 14); each column is a mean over the last steps at
 * its position. Validation losses, if there are any, have their own marks.
 */
export function drawCurve(losses: readonly number[], columns: number, evaluations: readonly Evaluation[] = []): string {
  const room = Math.max(2, Math.min(MOST_COLUMNS, columns - 12));
  const points = smooth(losses, room);
  const gaps = Math.max(1, Math.min(TICKS, Math.floor(points.length / TICK_COLUMNS)));
  const ticks = Array.from({ length: gaps + 1 }, (_, tick) => points[Math.round((tick * (points.length - 1)) / gaps)]);
  const marks = evaluations.filter(({ step, loss }) => step >= 1 && Number.isFinite(loss));
  const heights = [...points.map(([, loss]) => loss), ...marks.map(({ loss }) => loss)];
  const chart = plot(points, {
    ...(marks.length > 0 && {
      points: marks.map(({ step, loss }) => ({ x: step, y: loss })),
      yRange: [Math.min(...heights), Math.max(...heights)],
    }),
    width: Math.max(points.length, Math.min(LEAST_COLUMNS, room)),
    height: HEIGHT,
    symbols: SYMBOLS,
    customXAxisTicks: [...new Set(ticks.map((point) => point?.[0] ?? 1))],
    formatter: (value, { axis }) => (axis === "y" ? decimals(value) : value),
  });
  const lines = chart.split("\n").map((line) => line.trimEnd());
  const legend = marks.length > 0 ? ["     ─ loss of the steps   o validation loss"] : [];
  return [...lines.filter((line) => line !== ""), ...legend].join("\n");
}

/** The mean loss of the last 50 steps up to `step`, or of as many as there are. */
export function recentMean(losses: readonly number[], step: number = losses.length, window: number = WINDOW): number {
  const last = losses.slice(Math.max(0, step - window), step);
  return last.reduce((sum, loss) => sum + loss, 0) / last.length;
}

/** `loss: 3.46 at first, 2.47 on average over the last 50 steps`. */
export function summarize(losses: readonly number[]): string {
  const last = `${decimals(recentMean(losses))} on average over the last ${Math.min(WINDOW, losses.length)} steps`;
  return `loss: ${decimals(losses[0] ?? Number.NaN)} at first, ${last}`;
}

/** At most `count` points of the curve, from the first step to the last: (step, mean of the steps up to it). */
export function smooth(losses: readonly number[], count: number): [step: number, mean: number][] {
  const n = Math.min(count, losses.length);
  // Wide enough that the columns of a long run cover every step.
  const window = Math.max(WINDOW, Math.ceil((losses.length - 1) / Math.max(1, n - 1)));
  return Array.from({ length: n }, (_, i) => {
    const step = n === 1 ? 1 : 1 + Math.round((i * (losses.length - 1)) / (n - 1));
    return [step, recentMean(losses, step, window)];
  });
}

/** `3.46`; a diverged run needs the shorter `1.93e+56`. */
function decimals(loss: number): string {
  return loss < 1e5 ? loss.toFixed(2) : loss.toPrecision(3);
}
