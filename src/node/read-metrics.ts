import { existsSync } from "node:fs";
import { rename } from "node:fs/promises";
import { MicrogptError } from "../util/errors.ts";
import type { FirstLine, LaterLine, RunMetrics } from "./metrics.ts";
import { parseLines, parseMetrics } from "./parse-metrics.ts";
import { readFileBytes } from "./read.ts";

/** `model.metrics.jsonl` for `model.safetensors`: where the metrics of the run that saves there belong. */
export function metricsPath(model: string): string {
  return `${model.replace(/\.safetensors$/, "")}.metrics.jsonl`;
}

/** Reads a metrics file, as `parseMetrics` does. Errors: as there, and a file that cannot be read. */
export async function readMetrics(path: string): Promise<RunMetrics> {
  return parseMetrics(path, await readText(path));
}

/**
 * The lines that a run wrote until step `from`, after which it goes on: none if there is no file, or none that can be
 * read. Such a one, if it is the one to be written again, is kept as `path.old`.
 */
export async function linesBefore(
  continues: string,
  path: string,
  from: number,
  onError: (error: MicrogptError) => void,
): Promise<{ readonly run?: FirstLine; readonly lines: readonly LaterLine[] }> {
  if (!existsSync(continues)) return { lines: [] };
  try {
    const [run, ...lines] = parseLines(continues, await readText(continues));
    return { run, lines: lines.filter((line) => line.type !== "end" && line.step <= from) };
  } catch (error) {
    if (!(error instanceof MicrogptError)) throw error;
    const kept = `${path}.old`;
    const moved =
      continues === path &&
      (await rename(path, kept).then(
        () => true,
        () => false,
      ));
    const fix = `new ones are written from step ${from + 1} on${moved ? `; the file is now ${kept}` : ""}`;
    onError(new MicrogptError({ ...error.complaint, fix }));
    return { lines: [] };
  }
}

async function readText(path: string): Promise<string> {
  return new TextDecoder().decode(await readFileBytes(`metrics ${path}`, path));
}
