/** What a sweep keeps in its folder: beside each run's files a sweep.json that says how far it is. */

import { existsSync } from "node:fs";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { MicrogptError } from "../index.ts";
import { checkWritable, readFileBytes, writeAtomically } from "../node.ts";
import type { Ranked } from "./run-list.ts";
import type { Combination, Flags, SweepPlan } from "./sweep-plan.ts";

const FILE = "sweep.json";
const VERSION = 1;
const STATES = ["waiting", "running", "done", "stopped", "failed"] as const;

/** A combination and what has become of it. */
export interface SweepRun extends Combination, Ranked {
  readonly state: (typeof STATES)[number];
  /** Steps done. */
  readonly step?: number;
  readonly seconds?: number;
  /** Why it failed. */
  readonly message?: string;
}

export interface Sweep {
  readonly folder: string;
  readonly plan: SweepPlan;
  /** Those of the plan first, then those of earlier calls with other values. */
  readonly runs: SweepRun[];
}

/** The form of sweep.json. */
interface SweepFile {
  readonly type: "sweep";
  readonly version: typeof VERSION;
  readonly files: readonly string[];
  readonly fixed: Flags;
  readonly varied: readonly string[];
  readonly runs: readonly SweepRun[];
}

/**
 * The sweep of a plan: taken up again where its folder has one on the same data that varies the same flags, with its
 * values or others; else begun. Without `out` it is the last of sweep/, sweep-2/, ... that fits, or the next free one.
 * Nothing is written. Errors: a folder with another sweep, or with something else.
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

/** Writes sweep.json, making the folder if need be. */
export async function saveSweep({ folder, plan, runs }: Sweep): Promise<void> {
  const { files, fixed, varied } = plan;
  const file: SweepFile = { type: "sweep", version: VERSION, files, fixed, varied: Object.keys(varied), runs };
  await writeAtomically(join(folder, FILE), new TextEncoder().encode(`${JSON.stringify(file, null, 2)}\n`));
}

/** Makes the folder. Errors: where that cannot be, or nothing can be written. */
export async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true }).catch(() => undefined);
  await checkWritable(join(folder, FILE));
}

function at(plan: SweepPlan, folder: string, found: SweepFile | undefined): Sweep {
  const differs = found === undefined ? undefined : difference(plan, found);
  if (differs !== undefined) {
    const [expected, got] = differs;
    const fix = "repeat its flags, or name another folder with --out";
    throw new MicrogptError({ operation: `sweep ${folder}`, expected, got, fix });
  }
  const old = found?.runs ?? [];
  const same = (one: Combination) => (other: Combination) => isDeepStrictEqual(one.flags, other.flags);
  const asked = plan.combinations.map((one): SweepRun => old.find(same(one)) ?? { ...one, state: "waiting" });
  const others = old.filter((one) => !plan.combinations.some(same(one)));
  return { folder, plan, runs: [...asked, ...others] };
}

/** In what a sweep that was begun differs from what is asked for; undefined if it can go on. */
function difference({ files, fixed, varied }: SweepPlan, found: SweepFile): [begun: string, asked: string] | undefined {
  const pairs: readonly [string, object, object][] = [
    ["its data", found.files, files],
    ["its flags", found.fixed, fixed],
    ["its varied flags", [...found.varied].sort(), Object.keys(varied).sort()],
  ];
  const differs = pairs.find(([, begun, asked]) => !isDeepStrictEqual(begun, asked));
  return differs && [`${differs[0]}, ${JSON.stringify(differs[1])}`, JSON.stringify(differs[2])];
}

/** undefined for a folder that is empty or not there. */
async function readSweep(folder: string): Promise<SweepFile | undefined> {
  const operation = `sweep ${folder}`;
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw new MicrogptError({
      operation,
      expected: "a folder",
      got: error.code ?? "none",
      fix: "name another with --out",
    });
  });
  if (names.length === 0) return undefined;
  const path = join(folder, FILE);
  if (!existsSync(path)) {
    const fix = "name a new one with --out";
    throw new MicrogptError({ operation, expected: "an empty folder or one of a sweep", got: `no ${FILE} in it`, fix });
  }
  const text = new TextDecoder().decode(await readFileBytes(operation, path));
  const file = MicrogptError.within(operation, "name another folder with --out, or delete it", () => parse(text));
  return file;
}

function parse(text: string): SweepFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (isSweep(value)) return value;
  const got = "something else, or a damaged one";
  throw new MicrogptError({ operation: FILE, expected: `a sweep of version ${VERSION}`, got, fix: "delete it" });
}

function isSweep(value: unknown): value is SweepFile {
  if (!isRecord(value) || value.type !== "sweep" || value.version !== VERSION || !isRecord(value.fixed)) return false;
  const { files, varied, runs } = value;
  return Array.isArray(files) && Array.isArray(varied) && Array.isArray(runs) && runs.every(isRun);
}

function isRun(value: unknown): boolean {
  if (!isRecord(value) || typeof value.name !== "string" || !isRecord(value.flags)) return false;
  return STATES.some((state) => state === value.state);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
