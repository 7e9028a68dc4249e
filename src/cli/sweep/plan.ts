/** Plans the runs of a sweep, without touching files. */

import { usage } from "../flags/usage.ts";
import { quote } from "../shell.ts";
import type { FlagValues } from "./flags.ts";

/** Flags of `train` with their values; `true` for a flag without a value. */
export type Flags = Readonly<Record<string, string | true>>;

export interface SweepPlan {
  readonly files: readonly string[];
  /** Flags that all runs share. */
  readonly fixed: Flags;
  /** Flags that differ from run to run. */
  readonly varied: Readonly<Record<string, readonly string[]>>;
  readonly combinations: readonly Combination[];
}

export interface Combination {
  /** The base name of its files, made from the varied flags: `learning_rate-0.01_n_embd-32`. */
  readonly name: string;
  /** The value of each varied flag. */
  readonly flags: Readonly<Record<string, string>>;
}

/**
 * Every combination of the values, the last flag varying first. Errors (usage): no flag with several values, more than
 * `most` combinations, data that can be read only once.
 */
export function planSweep(files: readonly string[], flags: ReadonlyMap<string, FlagValues>, most: number): SweepPlan {
  if (files.includes("-"))
    throw usage("a file", "standard input, which can be read only once", "save it to a file first");
  const fixed: Record<string, string | true> = {};
  const varied: Record<string, readonly string[]> = {};
  for (const [name, values] of flags) {
    if (values !== true && values.length > 1) varied[name] = values;
    else fixed[name] = values === true ? true : (values[0] ?? "");
  }
  if (Object.keys(varied).length === 0) {
    throw usage("a flag with several values", "none", "separate values by commas: --learning_rate 0.001,0.003,0.01");
  }
  const size = Object.values(varied).reduce((product, values) => product * values.length, 1);
  if (size > most) {
    const fix = `use fewer values, or raise the limit: --max_runs ${size}`;
    throw usage(`at most ${most} combinations`, size.toLocaleString("en"), fix);
  }
  return { files, fixed, varied, combinations: named(combine(Object.entries(varied))) };
}

function combine(varied: readonly (readonly [string, readonly string[]])[]): Record<string, string>[] {
  const [first, ...rest] = varied;
  if (first === undefined) return [{}];
  const [name, values] = first;
  return values.flatMap((value) => combine(rest).map((others) => ({ [name]: value, ...others })));
}

/**
 * Values may be paths or words: characters that are unsafe in a file name or shell are replaced, and names stay unique.
 */
function named(all: readonly Record<string, string>[]): Combination[] {
  const taken = new Set<string>();
  return all.map((flags) => {
    const words = Object.entries(flags).map(([name, value]) => `${name}-${value.replaceAll(/[^\w.+-]+/g, "_")}`);
    const plain = words.join("_").slice(0, 150);
    let name = plain;
    for (let n = 2; taken.has(name.toLowerCase()); n++) name = `${plain}-${n}`;
    taken.add(name.toLowerCase());
    return { name, flags };
  });
}

/** `learning_rate 0.01, n_embd 32`. */
export function describe({ flags }: Combination): string {
  return Object.entries(flags)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");
}

/** Flags as words of a command line, with `=`, so that a value may begin with a dash. */
export function wordsOf(flags: Flags): string[] {
  return Object.entries(flags).map(([name, value]) => (value === true ? `--${name}` : `--${name}=${value}`));
}

/** The words after `microgpt` that repeat this sweep. */
export function sweepWords({ files, fixed, varied }: SweepPlan, folder: string): string {
  const values = Object.entries(varied).map(([name, all]): [string, string] => [name, all.join(",")]);
  const flags = [...values, ...Object.entries(fixed), ["out", folder] as const];
  const words = flags.flatMap(([name, value]) => (value === true ? [`--${name}`] : [`--${name}`, quote(value)]));
  return ["sweep", ...files.map(quote), ...words].join(" ");
}
