/** The flags of `train` as `sweep` takes them: with several values, separated by commas. */

import { type Command, Option } from "commander";
import { usage } from "../flags/usage.ts";

/** What a sweep itself says to each of its runs, or what makes no sense for many. */
const OWN = ["out", "resume", "label", "json", "quiet", "dry_run", "help"];

/** The values of a flag, as typed; `true` for a flag that has none. */
export type FlagValues = readonly string[] | true;

/** Adds to `sweep` the argument and flags of `train`, so that the two cannot differ. */
export function addTrainFlags(sweep: Command, train: Command): void {
  for (const argument of train.registeredArguments) sweep.addArgument(argument);
  for (const option of optionsOf(train)) {
    const several = new Option(option.flags, option.description);
    if (option.helpGroupHeading !== undefined) several.helpGroup(option.helpGroupHeading);
    sweep.addOption(option.required || option.optional ? several.argParser((text) => valuesOf(option, text)) : several);
  }
}

/** Those of the flags that were typed and are train's, in the order in which train lists them. */
export function trainFlags(train: Command, flags: Readonly<Record<string, unknown>>): Map<string, FlagValues> {
  const typed = optionsOf(train).map((option): [string, unknown] => [nameOf(option), flags[nameOf(option)]]);
  return new Map(typed.filter((entry): entry is [string, FlagValues] => entry[1] === true || Array.isArray(entry[1])));
}

/** Whether `train` has a flag of this name. */
export function hasFlag(train: Command, name: string): boolean {
  return train.options.some((option) => nameOf(option) === name);
}

function optionsOf(train: Command): Option[] {
  return train.options.filter((option) => !OWN.includes(nameOf(option)));
}

/** Each value as train would take it. Errors: one that train would refuse, as train says it. */
function valuesOf(option: Option, text: string): string[] {
  const values = text.split(",").map((value) => value.trim());
  for (const value of values) {
    if (value === "")
      throw usage(`values of --${nameOf(option)} between commas`, JSON.stringify(text), "leave none empty");
    option.parseArg?.(value, undefined);
  }
  return [...new Set(values)];
}

function nameOf(option: Option): string {
  return option.name().replaceAll("-", "_");
}
