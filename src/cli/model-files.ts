/** Chooses the model if none is named. */

import { readdir, stat } from "node:fs/promises";
import { MicrogptError } from "../index.ts";
import { readSavedRun, type SavedRun } from "../node.ts";
import type { OutputFlags } from "./io.ts";
import { inOneLine } from "./terminal/ink.ts";
import { besides } from "./train/output.ts";

const SUFFIX = ".safetensors";
const BEST = ".best.safetensors";

interface Model {
  readonly path: string;
  readonly run: SavedRun;
}

/**
 * The named model, or that of the newest run in this folder, at its best. In the latter case a line on standard error
 * names it, unless the command does. Errors: none was named, and there is none.
 */
export async function chosenModel(
  path: string | undefined,
  operation: string,
  { quiet = false, json = false }: OutputFlags = { quiet: true },
): Promise<string> {
  if (path !== undefined) return path;
  const newest = await newestModel();
  if (newest === undefined) {
    throw new MicrogptError({
      code: "file-missing",
      operation,
      expected: "a model",
      got: "none in this folder",
      fix: "name a file, or train a model: microgpt train",
    });
  }
  const [model, which] = await atItsBest(newest);
  const step = model.run.losses.length;
  const when = step === 0 ? "" : `, ${which} step ${step.toLocaleString("en")}`;
  if (!quiet && !json) process.stderr.write(`model: ${inOneLine(model.path)}, the newest here${when}\n`);
  return model.path;
}

/** Skips models of other programs, and files that are not models. */
async function newestModel(): Promise<Model | undefined> {
  const names = (await readdir(".")).filter((name) => name.endsWith(SUFFIX) && !name.startsWith("."));
  const dated = await Promise.all(
    names.sort().map(async (name) => ({ name, time: (await stat(name).catch(() => undefined))?.mtimeMs ?? 0 })),
  );
  for (const { name } of dated.sort((x, y) => y.time - x.time)) {
    const model = await read(name);
    if (model !== undefined) return model;
  }
  return undefined;
}

/** The best model of the same run, if it differs from the last. */
async function atItsBest(newest: Model): Promise<[model: Model, which: string]> {
  const isBest = newest.path.endsWith(BEST);
  const other = await read(isBest ? newest.path.replace(BEST, SUFFIX) : besides(newest.path, BEST.slice(1)));
  const [best, last] = isBest ? [newest, other] : [other, newest];
  const sameRun = best !== undefined && last !== undefined && begunAlike(best.run.losses, last.run.losses);
  if (sameRun && best.run.losses.length !== last.run.losses.length) return [best, "at its best after"];
  return [newest, isBest ? "at its best after" : "after"];
}

/** Two states of one run have equal losses in all their common steps. */
function begunAlike(one: readonly number[], other: readonly number[]): boolean {
  const common = Math.min(one.length, other.length);
  return common > 0 && one.slice(0, common).every((loss, i) => loss === other[i]);
}

async function read(path: string): Promise<Model | undefined> {
  const run = await readSavedRun(path);
  return run && { path, run };
}
