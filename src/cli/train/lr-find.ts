import { findLearningRate, type LearningRatePoint, suggestLearningRate } from "../../index.ts";
import { typed } from "../flags/engine.ts";
import { usage } from "../flags/usage.ts";
import { commandName, type IO, type OutputFlags } from "../io.ts";
import { overlay } from "../runs/overlay.ts";
import { quote } from "../shell.ts";
import { loss, tick } from "../terminal/figures.ts";
import type { TrainFlags } from "./flags.ts";
import { setUp } from "./setup.ts";

/** The flags of `microgpt lr-find`: those of `train` that define a run, and its own. */
export interface LrFindFlags extends Omit<TrainFlags, "learning_rate" | "num_steps" | "resume">, OutputFlags {
  readonly num_steps: number;
  readonly from: number;
  readonly to: number;
}

const REDRAW_MS = 50;

/** Trains with a growing learning rate until the loss explodes, plots the losses, and suggests a rate. */
export async function lrFindCommand(files: readonly string[], flags: LrFindFlags, io: IO): Promise<void> {
  const { json = false, quiet = false, num_steps: numSteps, from, to, ...training } = flags;
  if (to <= from) throw usage(`--to above --from ${from}`, `${to}`, "raise it: the rate must grow");
  const { run } = await setUp(files, { ...training, num_steps: numSteps }, (text) => io.report.warning(text));
  const { terminal, env } = io;
  const points: LearningRatePoint[] = [];
  let lastDraw = 0;
  const { threads, strict } = flags;
  for await (const point of findLearningRate(run, { numSteps, from, to, ...typed({ threads, strict }) })) {
    points.push(point);
    if (json && !quiet) terminal.record("point", point);
    if (!json && terminal.live && performance.now() - lastDraw >= REDRAW_MS) {
      lastDraw = performance.now();
      const step = `step ${points.length} / ${numSteps}`;
      terminal.show(`${step} | learning rate ${tick(point.learningRate)} | loss ${loss(point.loss)}`);
    }
    if (!(await terminal.heard())) return;
  }
  const learningRate = suggestLearningRate(points);
  const highest = points.at(-1)?.learningRate ?? to;
  const exploded = points.length < numSteps;
  if (json) {
    terminal.record("suggestion", { learningRate, highest, exploded });
    return;
  }
  const command = `${commandName(env)} ${trainCommandLine(files, training, learningRate)}`;
  if (!quiet) {
    terminal.line(drawSweep(points, io));
    terminal.line("loss by learning rate, smoothed");
    const end = exploded ? "where the loss exploded" : "the highest rate tried; give a higher --to to see more";
    terminal.line(`\nsuggestion: ${learningRate}, a twentieth of ${tick(highest)}, ${end}`);
  }
  terminal.verbatim(quiet ? `${learningRate}` : `\nnext: ${command}`);
}

function drawSweep(points: readonly LearningRatePoint[], { terminal }: IO): string {
  const curve = points.map(({ learningRate, smoothed }) => [Math.log10(learningRate), smoothed] as const);
  return overlay([{ mark: terminal.color.cyan("•"), points: curve }], {
    columns: terminal.columns,
    xLabel: (x) => tick(10 ** x),
    yLabel: tick,
    clip: true,
  });
}

/** The command that trains the same run with the suggested rate. */
function trainCommandLine(files: readonly string[], training: object, learningRate: number): string {
  const flags = Object.entries(training).map(([name, value]) =>
    value === true && name === "strict" ? "--strict" : `--${name} ${quote(yesOrNo(value))}`,
  );
  return ["train", ...files.map(quote), ...flags, `--learning_rate ${learningRate}`].join(" ");
}

function yesOrNo(value: unknown): string {
  return value === true ? "yes" : value === false ? "no" : `${value}`;
}
