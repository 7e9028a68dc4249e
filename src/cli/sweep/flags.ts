/** The flags of `train` for `sweep`, which accept several values, separated by commas. */

import { type Command, Option } from "commander";
import { usage } from "../flags/usage.ts";

/** Flags that a sweep sets itself for each of its runs, or that make no sense for many. */
const OWN = ["out", "resume", "label", "distributed", "json", "quiet", "dry_run", "help"];

/** The values of a flag, as typed; `true` for a flag without a value. */
export type FlagValues = readonly string[] | true;

/** Adds the argument and flags of `train` to `sweep`, so that the two cannot differ. */
export function addTrainFlags(sweep: Command, train: Command): void {
  for (const argument of train.registeredArguments) sweep.addArgument(argument);
  for (const option of optionsOf(train)) {
    const several = new Option(option.flags, option.description);
    if (option.helpGroupHeading !== undefined) several.helpGroup(option.helpGroupHeading);
    sweep.addOption(option.required || option.optional ? several.argParser((text) => valuesOf(option, text)) : several);
  }
}

/** The typed flags that belong to train, in the order of train's list. */
export function trainFlags(train: Command, flags: Readonly<Record<string, unknown>>): Map<string, FlagValues> {
  const typed = optionsOf(train).map((option): [string, unknown] => [nameOf(option), flags[nameOf(option)]]);
  return new Map(typed.filter((entry): entry is [string, FlagValues] => entry[1] === true || Array.isArray(entry[1])));
}

/** True if `train` has a flag of this name. */
export function hasFlag(train: Command, name: string): boolean {
  return train.options.some((option) => nameOf(option) === name);
}

function optionsOf(train: Command): Option[] {
  return train.options.filter((option) => !OWN.includes(nameOf(option)));
}

/** The values as train parses them. Errors: train's own for a value that it refuses. */
function valuesOf(option: Option, text: string): string[] {
  const values = text.split(",").map((value) => value.trim());
  for (const value of values) {
    if (value === "")
      throw usage(`values of --${nameOf(option)} separated by commas`, JSON.stringify(text), "leave none empty");
    option.parseArg?.(value, undefined);
  }
  return [...new Set(values)];
}

function nameOf(option: Option): string {
  return option.name().replaceAll("-", "_");
}
