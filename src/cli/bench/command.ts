import { availableParallelism, cpus, totalmem } from "node:os";
import { setImmediate } from "node:timers/promises";
import { planStep, presets } from "../../index.ts";
import { loadDataset } from "../../node.ts";
import type { IO } from "../io.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { compilePart, firstCompile } from "./compile.ts";
import { samplingPart, streamingPart } from "./generation.ts";
import type { BenchContext, Part, Row } from "./measure.ts";
import { microPart } from "./micro.ts";
import { nanoPart } from "./nano.ts";

/** The flags of `microgpt bench`. */
export interface BenchFlags {
  readonly quick?: true;
  readonly strict?: true;
  readonly threads?: number;
  readonly json?: true;
}

/** More than this the engine does not take by itself either. */
const MOST_THREADS = 8;

/** Measures how fast microgpt is on this machine; each part checks its results before its clock starts. */
export async function benchCommand({ quick, strict, threads, json }: BenchFlags, { terminal }: IO): Promise<void> {
  const most = threads ?? Math.min(availableParallelism(), MOST_THREADS);
  const context: BenchContext = {
    quick: quick === true,
    strict: strict === true,
    threads: most === 1 ? [1] : [1, most],
    progress: async (what) => {
      if (terminal.live && json !== true) terminal.show(`measuring ${what}`);
      await setImmediate();
    },
  };
  const names = await loadDataset("ssa");
  const record = (type: string, facts: object): void => terminal.record(type, facts);
  const start = performance.now();
  const first = await firstCompile(names, context.strict);
  const machine = describeMachine(context);
  if (json === true) record("machine", machine);
  else terminal.line(sentence(machine));
  // The parts in turn: what one measures, the next must not disturb.
  const parts = [
    () => microPart(names, context),
    () => nanoPart(context),
    () => samplingPart(names, context),
    () => streamingPart(context),
    () => compilePart(names, first, context),
  ];
  for (const measured of parts) {
    const part = await measured();
    if (json === true) for (const figures of part.rows) record("row", { part: part.title, ...figures });
    else print(part, terminal);
    if (!(await terminal.heard())) return;
  }
  const seconds = (performance.now() - start) / 1000;
  if (json === true) record("done", { seconds });
  else
    terminal.line(`\nEach figure is the median of its runs, with the lowest and the highest. ${Math.round(seconds)} s`);
}

/** What a number was measured on. */
interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly node: string;
  readonly v8: string;
  readonly platform: string;
  readonly simd: "relaxed" | "strict";
}

function describeMachine({ strict }: BenchContext): Machine {
  const { model, training } = presets.microgpt;
  const { relaxed } = planStep({ ...model, vocabSize: 2 }, { ...training, maxRows: 1 }, { strict });
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown CPU",
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.versions.node,
    v8: process.versions.v8,
    platform: `${process.platform} ${process.arch}`,
    simd: relaxed ? "relaxed" : "strict",
  };
}

function sentence({ cpu, cores, memoryGiB, node, v8, platform, simd }: Machine): string {
  return `${cpu}, ${cores} cores, ${memoryGiB} GiB; Node ${node}, V8 ${v8}, ${platform}; ${simd} SIMD`;
}

/** The rows in columns: what, the median with its unit, the spread; below each what was checked. */
function print({ title, rows }: Part, terminal: Terminal): void {
  const widest = (of: (figures: Row) => string): number => Math.max(...rows.map((figures) => of(figures).length));
  const [what, median, unit] = [
    widest((figures) => figures.what),
    widest((figures) => shown(figures.median)),
    widest((figures) => figures.unit),
  ];
  terminal.line(`\n${terminal.color.bold(title)}`);
  for (const figures of rows) {
    const value = `${shown(figures.median).padStart(median)} ${figures.unit.padEnd(unit)}`;
    const spread = figures.runs === 1 ? "" : `${shown(figures.low)} to ${shown(figures.high)}`;
    terminal.line(
      `  ${figures.what.padEnd(what)}  ${terminal.color.cyan(value)}  ${terminal.color.dim(spread)}`.trimEnd(),
    );
    for (const remark of [figures.check && `checked: ${figures.check}`, figures.note]) {
      if (remark !== undefined) terminal.line(terminal.color.dim(`    ${remark}`));
    }
  }
}

/** Three digits: `0.123`, `12.3`, `1,230`. */
function shown(x: number): string {
  return x.toLocaleString("en", { minimumSignificantDigits: 3, maximumSignificantDigits: 3 });
}
