/** A flag as data: help, parsing and the table of docs/flags.md are made from these rows. */

import { type Command, Option } from "commander";
import { parserOf } from "./usage.ts";

/** A flag: its name and placeholder, its description, its parser (none: it has no value), and its default. */
export type Row = readonly [
  name: string,
  what: string,
  parse?: (flag: string) => (text: string, before: unknown) => unknown,
  fallback?: number | string,
];

/** Flags under a heading of the help. */
export type Group = readonly [heading: string, rows: readonly Row[]];

export function addGroups(command: Command, groups: readonly Group[]): Command {
  for (const [heading, rows] of groups) addFlags(command, rows, heading);
  return command;
}

/** @param heading of the flags in the help. Default: Options */
export function addFlags(command: Command, rows: readonly Row[], heading?: string): Command {
  for (const [name, what, parse, fallback] of rows) {
    const option = new Option(`--${name}`, what);
    if (heading !== undefined) option.helpGroup(heading);
    if (parse !== undefined) option.argParser(parse(`--${name.split(" ")[0]}`));
    command.addOption(fallback === undefined ? option : option.default(fallback));
  }
  return command;
}

/** The name of a row's flag, without the placeholder of its value. */
export function flagOf([name]: Row): string {
  return name.split(" ")[0] ?? name;
}

type Parse = NonNullable<Row[2]>;

export const atLeast = (min: number): Parse => parserOf({ kind: "whole", min });
export const anySeed: Parse = parserOf({ kind: "whole" });
export const fraction: Parse = parserOf({ kind: "from", from: 0, below: 1 });
export const positiveNumber: Parse = parserOf({ kind: "above", above: 0 });
export const numberFromZero: Parse = parserOf({ kind: "from", from: 0 });
export const among = (words: readonly string[], fix?: string): Parse => parserOf({ kind: "word", words }, fix);
export const asTyped: Parse = parserOf({ kind: "text" });
