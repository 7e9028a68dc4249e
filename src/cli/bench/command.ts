import { availableParallelism } from "node:os";
import { setImmediate } from "node:timers/promises";
import { loadDataset } from "../../node.ts";
import type { IO } from "../io.ts";
import type { Terminal } from "../terminal/terminal.ts";
import type { SubjectName } from "./course.ts";
import { describeMachine, machineLine } from "./machine.ts";
import type { BenchContext, Row } from "./measure.ts";
import { measureSubject, type Subject } from "./subject.ts";

/** The flags of `microgpt bench`. */
export interface BenchFlags {
  readonly quick?: true;
  readonly strict?: true;
  readonly threads?: number;
  readonly json?: true;
}

const SUBJECTS: readonly SubjectName[] = ["microgpt", "small", "medium", "large"];
/** Those of `--quick`. */
const QUICK: readonly SubjectName[] = ["microgpt", "small", "medium"];

/** The engine takes no more than this by itself either. */
const MOST_THREADS = 8;

/** Measures how fast models of several sizes train and write here; each is checked before its clock starts. */
export async function benchCommand({ quick, strict, threads, json }: BenchFlags, { terminal }: IO): Promise<void> {
  const { missing, native } = await import("../../native.ts");
  // Strict runs are for WebAssembly.
  const obstacle = strict === true ? undefined : missing();
  const most = threads ?? Math.min(availableParallelism(), MOST_THREADS);
  const context: BenchContext = {
    quick: quick === true,
    strict: strict === true,
    native: strict === true || obstacle !== undefined ? undefined : native(),
    threads: most === 1 ? [1] : [1, most],
    progress: async (what) => {
      if (terminal.live && json !== true) terminal.show(`measuring ${what}`);
      await setImmediate();
    },
  };
  const names = await loadDataset("ssa");
  const start = performance.now();
  const machine = describeMachine(context.strict);
  if (json === true) terminal.record("machine", machine);
  else terminal.line(machineLine(machine));
  if (obstacle !== undefined && json !== true) terminal.line(`without native code (${obstacle.message})`);
  for (const name of context.quick ? QUICK : SUBJECTS) {
    const subject = await measureSubject(name, names, context);
    if (json === true) record(subject, terminal);
    else print(subject, terminal);
    if (!(await terminal.heard())) return;
  }
  const seconds = (performance.now() - start) / 1000;
  if (json === true) terminal.record("done", { seconds });
  else
    terminal.line(`\nEach figure is the median of its runs, with the lowest and the highest. ${Math.round(seconds)} s`);
}

function record({ title, rows, checks }: Subject, terminal: Terminal): void {
  for (const row of rows) terminal.record("row", { part: title, ...row, checks });
}

/** The rows in columns: what, the median with its unit, the spread; below them what was checked. */
function print({ title, rows, checks }: Subject, terminal: Terminal): void {
  const { color } = terminal;
  const widest = (of: (row: Row) => string): number => Math.max(...rows.map((row) => of(row).length));
  const [what, median] = [widest((row) => row.what), widest((row) => shown(row.median))];
  terminal.line(`\n${color.bold(title)}`);
  for (const row of rows) {
    const value = color.cyan(`${shown(row.median).padStart(median)} ${row.unit}`);
    const spread = color.dim(`${shown(row.low)} to ${shown(row.high)}`);
    terminal.line(`  ${row.what.padEnd(what)}  ${value}  ${spread}`);
  }
  terminal.line(color.dim(`  checked: ${checks.join("; ")}`));
}

/** Three digits: `0.123`, `12.3`, `1,230`. */
function shown(x: number): string {
  return x.toLocaleString("en", { minimumSignificantDigits: 3, maximumSignificantDigits: 3 });
}
