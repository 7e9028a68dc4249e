import { existsSync } from "node:fs";
import { rename, stat } from "node:fs/promises";
import { uptime } from "node:os";
import { MicrogptError, mistake } from "../util/errors.ts";
import { ownerOf } from "./claim.ts";
import type { FirstLine, LaterLine, RunLine, RunMetrics } from "./metrics.ts";
import { parseLines, parseMetrics } from "./parse-metrics.ts";
import { exists, startOf } from "./process-id.ts";
import { readFileBytes } from "./read.ts";

/** The path of the metrics of a run: `model.metrics.jsonl` for `model.safetensors`. */
export function metricsPath(model: string): string {
  return `${model.replace(/\.safetensors$/, "")}.metrics.jsonl`;
}

/** Reads a metrics file. Errors: those of `parseMetrics`, and an unreadable file. */
export async function readMetrics(path: string): Promise<RunMetrics> {
  return parseMetrics(path, await readText(path));
}

/** The existing lines of a run that resumes. */
interface Before {
  readonly continues: string;
  /** New path for a useless file whose name is needed. */
  readonly kept: string | undefined;
  /** The step after which the run resumes. */
  readonly from: number;
  readonly losses: readonly number[] | undefined;
}

/**
 * The lines that the run wrote until step `from`. None if there is no file, if it is unreadable, or if it belongs to
 * another run; that file is moved to `kept`.
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
    const fix = `new lines are written from step ${from + 1} on${moved ? `; the file is now ${kept}` : ""}`;
    onError(new MicrogptError({ ...error.complaint, fix }));
    return { lines: [] };
  }
}

/**
 * A line's loss must be a mean of the run's losses up to its step, from the previous line on or, after a gap, from a
 * later step on.
 */
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
      const got = `a loss of ${line.loss} at step ${line.step}, which is another run's`;
      throw mistake("data-changed", `metrics ${name}`, "metrics of this run", got, "");
    }
    before = line.step;
  }
}

async function readText(path: string): Promise<string> {
  return new TextDecoder().decode(await readFileBytes(`metrics ${path}`, path));
}

/**
 * True if a run is being trained, judging by the claim of the process that writes its metrics, or by the process they
 * name, unless its id has been reused. @param path of the metrics
 */
export async function isTraining(path: string, { pid, processStart }: RunLine): Promise<boolean> {
  if ((await ownerOf(path)) !== undefined) return true;
  if (!exists(pid)) return false;
  if (processStart !== undefined) return (startOf(pid) ?? processStart) === processStart;
  // Before 0.5, only a reboot could tell a reused id.
  return (await stat(path)).mtimeMs >= Date.now() - uptime() * 1000;
}
