import { count } from "../../util/count.ts";
import type { IO, OutputFlags } from "../io.ts";
import { dateOf, loss, shortCount, tick, time } from "../terminal/figures.ts";
import { type Column, drawTable } from "../terminal/table.ts";
import type { Terminal } from "../terminal/terminal.ts";
import type { XAxis, YAxis } from "./axes.ts";
import { type FoundRun, findRuns } from "./list.ts";
import { type Curve, overlay, type Point } from "./overlay.ts";

/** The flags of `microgpt runs`. Undefined means not typed. */
export interface RunsFlags extends OutputFlags {
  readonly overlay?: true;
  readonly x?: XAxis;
  readonly y?: YAxis;
}

/** A mark for each curve in the order of the table, distinguishable without colors. */
const MARKS = ["•", "x", "+", "o", "*", "#", "=", "@", "%", "~"] as const;
const COLORS = ["cyan", "yellow", "magenta", "green", "blue", "red"] as const;

const COLUMNS: readonly Column<FoundRun>[] = [
  { title: "run", align: "left", cell: ({ name }) => name },
  { title: "data", align: "left", cell: ({ metrics }) => metrics.run.data, spare: 5 },
  { title: "params", align: "right", cell: ({ metrics }) => shortCount(metrics.run.numParams), spare: 3 },
  { title: "steps", align: "right", cell: stepsOf, spare: 2 },
  { title: "val loss", align: "right", cell: ({ best }) => loss(best?.valLoss) },
  { title: "at", align: "right", cell: ({ best }) => (best === undefined ? "" : count(best.step)), spare: 4 },
  { title: "loss", align: "right", cell: (run) => loss(run.loss) },
  { title: "time", align: "right", cell: ({ seconds }) => time(seconds), spare: 1 },
  { title: "begun", align: "right", cell: ({ metrics }) => dateOf(new Date(metrics.run.startedAt)), spare: 6 },
  { title: "state", align: "left", cell: ({ state }) => state },
];

/** Lists the runs found by their metrics files, and draws their curves on one chart. */
export async function runsCommand(paths: readonly string[], flags: RunsFlags, { terminal }: IO): Promise<void> {
  const { runs, unreadable, named } = await findRuns(paths.length === 0 ? ["."] : paths);
  if (flags.json === true) {
    for (const run of runs) terminal.record("run", describe(run));
    for (const message of unreadable) terminal.record("unreadable", { message });
    return;
  }
  if (runs.length === 0 && unreadable.length === 0) {
    const where = paths.length === 0 ? "in this folder" : `in ${paths.join(", ")}`;
    terminal.line(`no runs ${where}; microgpt train my-own-text.txt starts one and writes its .metrics.jsonl`);
    return;
  }
  const drawn = flags.overlay === true || flags.x !== undefined || flags.y !== undefined || named >= 2;
  if (drawn && runs.length > 0) terminal.line(`${chartOf(runs, flags, terminal)}\n`);
  for (const line of tableOf(runs, drawn ? Math.min(runs.length, MARKS.length) : 0, terminal)) terminal.line(line);
  for (const message of unreadable) terminal.line(`note: ${message}`);
}

/** The table, with marks before the first `marked` runs, so that it is also the chart's legend. */
function tableOf(runs: readonly FoundRun[], marked: number, { columns, color }: Terminal): string[] {
  const marks: Column<FoundRun> = { title: "", align: "left", cell: (_, i) => (i < marked ? (MARKS[i] ?? "") : "") };
  return drawTable(runs, marked > 0 ? [marks, ...COLUMNS] : COLUMNS, columns, (text, column, run) => {
    if (run === undefined) return color.dim(text);
    if (column === marks) return paintMark(text, runs.indexOf(run), color);
    if (column.title === "state") return STATE_COLORS[run.state](color)(text);
    return run === runs[0] && runs.length > 1 && column.title === "val loss" ? color.bold(text) : text;
  });
}

type Colors = Terminal["color"];

const STATE_COLORS: { readonly [S in FoundRun["state"]]: (color: Colors) => (text: string) => string } = {
  done: () => (text) => text,
  running: (color) => color.cyan,
  stopped: (color) => color.yellow,
  failed: (color) => color.red,
};

function paintMark(mark: string, index: number, color: Colors): string {
  const name = COLORS[index % COLORS.length] ?? "cyan";
  return color[name](mark);
}

const WHAT: { readonly [Y in YAxis]: string } = {
  loss: "training loss",
  valLoss: "validation loss",
  learningRate: "learning rate",
  gradNorm: "gradient norm",
};
const AGAINST: { readonly [X in XAxis]: string } = { step: "steps", time: "time", tokens: "tokens" };

function chartOf(runs: readonly FoundRun[], { x = "step", y }: RunsFlags, { columns, color }: Terminal): string {
  const shown = runs.slice(0, MARKS.length);
  const what = y ?? (shown.every(({ best }) => best !== undefined) ? "valLoss" : "loss");
  const curves = shown.map((run, i): Curve => {
    return { mark: paintMark(MARKS[i] ?? "", i, color), points: pointsOf(run, x, what) };
  });
  const chart = overlay(curves, {
    columns,
    xLabel: x === "time" ? time : shortCount,
    yLabel: tick,
    clip: what === "loss" || what === "valLoss",
  });
  const title = color.bold(`${WHAT[what]} against ${AGAINST[x]}`);
  const without = shown.filter((_, i) => curves[i]?.points.length === 0).length;
  const notes = [
    ...(runs.length > shown.length ? [`the best ${shown.length} of ${runs.length} runs`] : []),
    ...(without > 0 ? [`${without} without ${WHAT[what]}`] : []),
  ];
  return `${title}${notes.length > 0 ? ` (${notes.join(", ")})` : ""}\n${chart}`;
}

function pointsOf({ metrics }: FoundRun, x: XAxis, y: YAxis): Point[] {
  return metrics.steps.flatMap((line): Point[] => {
    const [at, value] = [{ step: line.step, time: line.elapsed, tokens: line.tokens }[x], line[y]];
    return value === undefined || !Number.isFinite(value) ? [] : [[at, value]];
  });
}

function stepsOf({ step, metrics }: FoundRun): string {
  const { numSteps } = metrics.run.settings;
  return step === numSteps ? count(step) : `${count(step)}/${count(numSteps)}`;
}

function describe({ path, name, metrics, state, step, best, loss, seconds }: FoundRun): object {
  const { run, steps, end } = metrics;
  const result = { path, name, state, step, bestStep: best?.step, bestValLoss: best?.valLoss, loss, seconds };
  return { ...result, reason: end?.reason, message: end?.message, ...run, steps };
}
