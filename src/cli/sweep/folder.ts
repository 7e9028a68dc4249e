/** The folder of a sweep: each run's files, and a sweep.json with their progress. */

import { existsSync } from "node:fs";
import { lstat, mkdir, readdir, realpath } from "node:fs/promises";
import { join, sep } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { MicrogptError } from "../../index.ts";
import {
  type Claim,
  checkNoInput,
  checkWritable,
  claim,
  readFileBytes,
  tryClaim,
  writeAtomically,
} from "../../node.ts";
import { show } from "../../util/errors.ts";
import { isSameName, parseSweep, printSweep, SWEEP_FILE, type SweepFile, type SweepRun } from "./file.ts";
import type { Combination, SweepPlan } from "./plan.ts";

/** Left by a sweep that was killed before it wrote anything else. */
const CLAIM = `.${SWEEP_FILE}.claim`;

export interface Sweep {
  readonly folder: string;
  readonly plan: SweepPlan;
  /** Those of the plan first, then those of earlier calls with other values. */
  readonly runs: SweepRun[];
}

/**
 * Finds the sweep for a plan: an existing one in its folder, if it has the same data and varies the same flags, with
 * the same values or others; otherwise a new one. Without `out` it is the last of sweep/, sweep-2/, ... that fits, or
 * the next free one. Writes nothing. Errors: a folder with another sweep, or with something else.
 */
export async function findSweep(plan: SweepPlan, out: string | undefined): Promise<Sweep> {
  if (out !== undefined) return at(plan, out, await readSweep(out));
  let fitting: Sweep | undefined;
  for (let n = 1; ; n++) {
    const folder = n === 1 ? "sweep" : `sweep-${n}`;
    if (!existsSync(folder)) return fitting ?? at(plan, folder, undefined);
    const found = await readSweep(folder).catch(() => undefined);
    if (found !== undefined && difference(plan, found) === undefined) fitting = at(plan, folder, found);
  }
}

/** Writes sweep.json, creating the folder if need be. */
export async function saveSweep({ folder, plan, runs }: Sweep): Promise<void> {
  const { files, fixed, varied } = plan;
  const text = printSweep({ files, fixed, varied: Object.keys(varied), runs });
  await writeAtomically(join(folder, SWEEP_FILE), new TextEncoder().encode(text));
}

/**
 * The same, with the folder created if need be and claimed for this process, so that no other sweep trains the same
 * runs. Errors: those of `findSweep`, another sweep running in it, no write permission, a run's file that is a link out
 * of the folder.
 */
export async function claimSweep(plan: SweepPlan, out: string | undefined): Promise<{ sweep: Sweep; claim: Claim }> {
  for (;;) {
    const { folder } = await findSweep(plan, out);
    const operation = `sweep ${folder}`;
    const isNew = !existsSync(folder);
    await mkdir(folder, { recursive: true }).catch(() => undefined);
    await checkWritable(join(folder, SWEEP_FILE));
    const found = await tryClaim(join(folder, SWEEP_FILE), operation);
    // Another sweep of that name has begun at the same moment.
    if (!("release" in found) && out === undefined && isNew) continue;
    const mine = "release" in found ? found : await claim(join(folder, SWEEP_FILE), { operation, fix: BUSY });
    try {
      // Read again: another sweep may have made progress until its claim was released.
      const sweep = at(plan, folder, await readSweep(folder));
      await checkLinks(sweep);
      await checkNoInput(join(folder, SWEEP_FILE), plan.files);
      return { sweep, claim: mine };
    } catch (error) {
      mine.release();
      throw error;
    }
  }
}

const BUSY = "wait for it to end, or name another folder";

async function checkLinks({ folder, runs }: Sweep): Promise<void> {
  const ends = ["safetensors", "best.safetensors", "metrics.jsonl", "tensorboard"];
  const files = runs.flatMap(({ name }) => ends.map((end) => `${name}.${end}`));
  for (const file of [SWEEP_FILE, ...files]) await checkInside(folder, file);
}

/** A folder may be untrusted, and so may its links. */
async function checkInside(folder: string, file: string): Promise<void> {
  const path = join(folder, file);
  if ((await lstat(path).catch(() => undefined))?.isSymbolicLink() !== true) return;
  const [inside, target] = [await realpath(folder), await realpath(path).catch(() => undefined)];
  if (target?.startsWith(inside + sep) === true) return;
  throw new MicrogptError({
    code: "file-access",
    operation: `sweep ${folder}`,
    expected: "only files inside this folder",
    got: `${file}, a link that leads out of it`,
    fix: "remove the link, or name another folder",
  });
}

function at(plan: SweepPlan, folder: string, found: SweepFile | undefined): Sweep {
  const differs = found === undefined ? undefined : difference(plan, found);
  if (differs !== undefined) {
    const [expected, got] = differs;
    const fix = "use the same flags, or name another folder with --out";
    throw new MicrogptError({ code: "conflict", operation: `sweep ${folder}`, expected, got, fix });
  }
  const old = found?.runs ?? [];
  const same = (one: Combination) => (other: Combination) => isDeepStrictEqual(one.flags, other.flags);
  const others = old.filter((one) => !plan.combinations.some(same(one)));
  const names = old.map(({ name }) => name);
  const asked = plan.combinations.map((one): SweepRun => {
    const before = old.find(same(one));
    if (before !== undefined) return before;
    // Other values may have been shortened to the same name.
    let { name } = one;
    for (let n = 2; names.some((taken) => isSameName(taken, name)); n++) name = `${one.name}-${n}`;
    names.push(name);
    return { ...one, name, state: "waiting" };
  });
  return { folder, plan, runs: [...asked, ...others] };
}

/** The difference between an existing sweep and the requested one; undefined if it can continue. */
function difference({ files, fixed, varied }: SweepPlan, found: SweepFile): [begun: string, asked: string] | undefined {
  const pairs: readonly [string, object, object][] = [
    ["its data", found.files, files],
    ["its flags", found.fixed, fixed],
    ["its varied flags", [...found.varied].sort(), Object.keys(varied).sort()],
  ];
  const differs = pairs.find(([, begun, asked]) => !isDeepStrictEqual(begun, asked));
  return differs && [`${differs[0]}, ${show(differs[1])}`, show(differs[2])];
}

/** Undefined for a folder that is empty or missing. */
async function readSweep(folder: string): Promise<SweepFile | undefined> {
  const operation = `sweep ${folder}`;
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw new MicrogptError({
      code: "file-kind",
      operation,
      expected: "a folder",
      got: error.code ?? "none",
      fix: "name another with --out",
    });
  });
  if (names.every((name) => name === CLAIM)) return undefined;
  const path = join(folder, SWEEP_FILE);
  if (!existsSync(path)) {
    const fix = "name a new one with --out";
    throw new MicrogptError({
      code: "file-exists",
      operation,
      expected: "an empty folder or one of a sweep",
      got: `one without ${SWEEP_FILE}`,
      fix,
    });
  }
  const text = new TextDecoder().decode(await readFileBytes(operation, path));
  const file = MicrogptError.within(operation, "name another folder with --out, or delete it", () => parseSweep(text));
  return file;
}
