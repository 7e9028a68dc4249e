import { existsSync } from "node:fs";
import { rename, stat } from "node:fs/promises";
import { uptime } from "node:os";
import { MicrogptError } from "../util/errors.ts";
import { ownerOf } from "./claim.ts";
import type { FirstLine, LaterLine, RunLine, RunMetrics } from "./metrics.ts";
import { parseLines, parseMetrics } from "./parse-metrics.ts";
import { exists, startOf } from "./process-id.ts";
import { readFileBytes } from "./read.ts";

/** `model.metrics.jsonl` for `model.safetensors`: where the metrics of the run that saves there belong. */
export function metricsPath(model: string): string {
  return `${model.replace(/\.safetensors$/, "")}.metrics.jsonl`;
}

/** Reads a metrics file, as `parseMetrics` does. Errors: as there, and a file that cannot be read. */
export async function readMetrics(path: string): Promise<RunMetrics> {
  return parseMetrics(path, await readText(path));
}

/** Where the lines of a run that goes on are. */
interface Before {
  readonly continues: string;
  /** Where to keep a file that is of no use, if another is to have its name. */
  readonly kept: string | undefined;
  /** The step after which the run goes on. */
  readonly from: number;
  readonly losses: readonly number[] | undefined;
}

/**
 * The lines that a run wrote until step `from`, after which it goes on: none if there is no file, none that can be read, or
 * one of another run, which is then moved to `kept`.
 */
export async function linesBefore(
  { continues, kept, from, losses }: Before,
  onError: (error: MicrogptError) => void,
): Promise<{ readonly run?: FirstLine; readonly lines: readonly LaterLine[] }> {
  if (!existsSync(continues)) return { lines: [] };
  try {
    const [run, ...all] = parseLines(continues, await readText(continues));
    const lines = all.filter((line) => line.type !== "end" && line.step <= from);
    if (losses !== undefined) checkSameRun(continues, lines, losses);
    return { run, lines };
  } catch (error) {
    if (!(error instanceof MicrogptError)) throw error;
    const moved =
      kept !== undefined &&
      (await rename(continues, kept).then(
        () => true,
        () => false,
      ));
    const fix = `new ones are written from step ${from + 1} on${moved ? `; the file is now ${kept}` : ""}`;
    onError(new MicrogptError({ ...error.complaint, fix }));
    return { lines: [] };
  }
}

/** A line's loss is a mean of the run's losses up to its step, since the line before or, after a gap, since later. */
function checkSameRun(name: string, lines: readonly LaterLine[], losses: readonly number[]): void {
  let before = 0;
  for (const line of lines) {
    if (line.type !== "step" || Number.isNaN(line.loss)) continue;
    let [sum, same] = [0, false];
    for (let i = line.step - 1; i >= before && !same; i--) {
      sum += losses[i] ?? Number.NaN;
      same = Math.abs(sum / (line.step - i) - line.loss) <= 1e-9 * Math.abs(line.loss);
    }
    if (!same) {
      const got = `a loss of ${line.loss} at step ${line.step}, which was another run's`;
      throw new MicrogptError({ operation: `metrics ${name}`, expected: "those of this run", got, fix: "" });
    }
    before = line.step;
  }
}

async function readText(path: string): Promise<string> {
  return new TextDecoder().decode(await readFileBytes(`metrics ${path}`, path));
}

/**
 * True if a run is being trained: by the claim of whoever writes its metrics, or by the process that they name, unless that
 * is another one of the same number by now. @param path of the metrics
 */
export async function isTraining(path: string, { pid, processStart }: RunLine): Promise<boolean> {
  if ((await ownerOf(path)) !== undefined) return true;
  if (!exists(pid)) return false;
  if (processStart !== undefined) return (startOf(pid) ?? processStart) === processStart;
  // Before 0.5 nothing told a process from a later one but a start of the machine.
  return (await stat(path)).mtimeMs >= Date.now() - uptime() * 1000;
}
