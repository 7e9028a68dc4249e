/** The format of sweep.json. It may be untrusted: nothing in it may lead out of its folder. */

import { MicrogptError } from "../../index.ts";
import { isRecord } from "../../util/checks.ts";
import { show } from "../../util/errors.ts";
import { nearest } from "../../util/nearest.ts";
import { flagOf } from "../flags/row.ts";
import { aliasOf } from "../flags/understand.ts";
import type { Ranked } from "../runs/list.ts";
import { TRAIN } from "../train/rows.ts";
import type { Combination, Flags } from "./plan.ts";

export const SWEEP_FILE = "sweep.json";
const VERSION = 1;
const STATES = ["waiting", "running", "done", "stopped", "failed"] as const;

/** A combination and its result. */
export interface SweepRun extends Combination, Ranked {
  readonly state: (typeof STATES)[number];
  /** Steps done. */
  readonly step?: number;
  readonly seconds?: number;
  /** The error's code and line, if it failed. Runs before 0.6, and those that a signal ended, have no code. */
  readonly code?: string;
  readonly message?: string;
}

export interface SweepFile {
  readonly files: readonly string[];
  readonly fixed: Flags;
  readonly varied: readonly string[];
  readonly runs: readonly SweepRun[];
}

export function printSweep({ files, fixed, varied, runs }: SweepFile): string {
  return `${JSON.stringify({ type: "sweep", version: VERSION, files, fixed, varied, runs }, null, 2)}\n`;
}

/** Parses the text of a sweep.json. Errors: another version, missing or mistyped fields, invalid names. */
export function parseSweep(text: string): SweepFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (!isSweep(value)) {
    const got = "something else, or a damaged file";
    throw new MicrogptError({
      code: "file-format",
      operation: SWEEP_FILE,
      expected: `a sweep of version ${VERSION}`,
      got,
      fix: "delete it",
    });
  }
  const { files, fixed, varied, runs } = value;
  const stranger = runs.find(({ name }) => !isFileName(name));
  if (stranger !== undefined) throw badName("file names inside its folder", stranger.name);
  const twice = runs.find(({ name }, i) => runs.findIndex((one) => isSameName(one.name, name)) < i);
  if (twice !== undefined) throw badName("a different name for each run", twice.name);
  const named = runs.map((run) => ({ ...withNumbers(run), flags: ofToday(run.flags) }));
  return {
    files,
    fixed: ofToday(fixed),
    varied: Object.keys(ofToday(Object.fromEntries(varied.map((name) => [name, ""])))),
    runs: named,
  };
}

const FLAGS: readonly string[] = TRAIN.map(flagOf);

/** Flags under their names of today. Errors: one that train does not have, with the nearest that it has. */
function ofToday<V extends string | true>(flags: Readonly<Record<string, V>>): Record<string, V> {
  const known = Object.entries(flags).map(([name, value]): [string, V] => {
    const now = FLAGS.includes(name) ? name : (aliasOf(name) ?? name);
    if (FLAGS.includes(now)) return [now, value];
    const meant = nearest(name, FLAGS);
    const got = meant === undefined ? show(name) : `${show(name)} (did you mean ${meant}?)`;
    throw new MicrogptError({
      code: "file-format",
      operation: SWEEP_FILE,
      expected: "a flag of microgpt train",
      got,
      fix: "delete it",
    });
  });
  return Object.fromEntries(known);
}

function badName(expected: string, name: string): MicrogptError {
  const got = name.length <= 60 ? JSON.stringify(name) : `${JSON.stringify(name.slice(0, 60))}...`;
  return new MicrogptError({ code: "file-damaged", operation: SWEEP_FILE, expected, got, fix: "delete it" });
}

/** True if two runs would share files: some file systems ignore case. */
export function isSameName(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/**
 * True for names that `planSweep` makes: letters, digits, `_ . + -`. Any other name could lead out of the folder, or to
 * one of the device names that Windows has in every folder.
 */
function isFileName(name: string): boolean {
  return /^\w[\w.+-]*$/.test(name) && name.length <= 200 && !/^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(name);
}

function isSweep(value: unknown): value is SweepFile {
  if (!isRecord(value) || value.type !== "sweep" || value.version !== VERSION || !isRecord(value.fixed)) return false;
  const { files, varied, runs, fixed } = value;
  if (!isTexts(files) || !isTexts(varied) || !Object.values(fixed).every((one) => one === true || isText(one)))
    return false;
  return Array.isArray(runs) && runs.every(isRun);
}

function isRun(value: unknown): value is SweepRun {
  if (!isRecord(value) || !isText(value.name)) return false;
  const { flags, state, step, seconds, code, message, best, loss } = value;
  if (!isRecord(flags) || !Object.values(flags).every(isText) || !STATES.some((one) => one === state)) return false;
  if (best !== undefined && !(isRecord(best) && isNumber(best.step) && isNumber(best.valLoss))) return false;
  return (
    [step, seconds, loss].every((one) => one === undefined || isNumber(one)) &&
    [code, message].every((one) => one === undefined || isText(one))
  );
}

/** JSON has no NaN: a null in place of a number means NaN. */
function withNumbers({ name, flags, state, step, seconds, code, message, best, loss }: SweepRun): SweepRun {
  return {
    name,
    flags,
    state,
    ...(best && { best: { step: best.step ?? Number.NaN, valLoss: best.valLoss ?? Number.NaN } }),
    ...(loss === undefined ? {} : { loss: loss ?? Number.NaN }),
    ...(step === undefined ? {} : { step: step ?? Number.NaN }),
    ...(seconds === undefined ? {} : { seconds: seconds ?? Number.NaN }),
    ...(code === undefined ? {} : { code }),
    ...(message === undefined ? {} : { message }),
  };
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(isText);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isNumber(value: unknown): boolean {
  return typeof value === "number" || value === null;
}
