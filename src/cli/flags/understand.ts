/** Understands flags known from other programs, or answers them with the line to type. */

import { existsSync } from "node:fs";
import type { Command } from "commander";
import { ALIASES, ARGUMENTS, FOREIGN, type Foreign, INIT_FROM, SAMPLED_FROM } from "./familiar-flags.ts";
import { type UsageError, usage } from "./usage.ts";

/** A command without one of these may still be the right one. */
const OF_OUTPUT = ["json", "quiet", "out", "dry_run"];

/** A flag as typed. */
interface TypedFlag {
  readonly name: string;
  /** After `=`. */
  readonly given: string | undefined;
  /** After `=`, or the next word, which may be the flag's value. */
  readonly value: string | undefined;
}

/**
 * Words as the command knows them: flags of other programs under their names here, without those that ask for what it
 * does anyway. Words after `--` are unchanged. Errors: a flag that it does not have, with the line to type instead.
 * @param others commands that may have the flag
 */
export function understand(args: readonly string[], command: Command, others: readonly Command[]): string[] {
  const end = args.indexOf("--");
  const words: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const word = args[i] ?? "";
    const [, name, given] = (end === -1 || i < end ? /^--(\w+)(?:=(.*))?$/s.exec(word) : undefined) ?? [];
    if (name === undefined) {
      words.push(word);
      continue;
    }
    const flag = { name, given, value: given ?? args[i + 1] };
    const foreign = foreignTo(command, flag);
    if (foreign === undefined) words.push(...translated(flag, word, command, others));
    else i += wordsOf(flag, foreign, args, command) - 1;
  }
  return words;
}

/** True if a command has a flag, or understands it as one of its own. */
export function knows(command: Command, name: string): boolean {
  return has(command, name) || has(command, aliasOf(name) ?? name);
}

function has(command: Command, name: string): boolean {
  return command.options.some(({ long }) => long === `--${name}`);
}

/** The flag in words of the command. */
function translated(
  { name, given, value }: TypedFlag,
  word: string,
  command: Command,
  others: readonly Command[],
): readonly string[] {
  const said = yesOrNo(command, name, given, value);
  if (said !== undefined) return [said];
  if (has(command, name)) return [word];
  const alias = aliasOf(name);
  if (alias !== undefined && has(command, alias)) return [`--${alias}${given === undefined ? "" : `=${given}`}`];
  const isArgument = command.registeredArguments.some((argument) => ARGUMENTS[argument.name()]?.includes(name));
  if (isArgument) return given === undefined ? [] : [given];
  const other = others.find((one) => has(one, alias ?? name));
  if (other === undefined || OF_OUTPUT.includes(name)) return [word];
  const line = `--${alias ?? name}${value === undefined || value.startsWith("-") ? "" : ` ${value}`}`;
  throw unknown(`--${name}`, command, `microgpt ${other.name()} has it: microgpt ${other.name()} ${line}`);
}

/** `--bias` and `--no_bias` of a flag that takes yes or no, with its value; undefined for all others. */
function yesOrNo(command: Command, name: string, given?: string, next = ""): string | undefined {
  const known = (flag = ""): string | undefined => {
    const own = aliasOf(flag) ?? flag;
    return command.options.some(({ flags }) => flags === `--${own} <yes|no>`) ? own : undefined;
  };
  if (given !== undefined) return undefined;
  const negated = known(/^no_(\w+)$/.exec(name)?.[1]);
  if (negated !== undefined) return `--${negated}=no`;
  const bare = next === "" || next.startsWith("-") || existsSync(next) ? known(name) : undefined;
  return bare === undefined ? undefined : `--${bare}=yes`;
}

/** The flag that another program calls so. */
export function aliasOf(name: string): string | undefined {
  return Object.hasOwn(ALIASES, name) ? ALIASES[name] : undefined;
}

/** The answer to a flag that the command does not have, or to nanoGPT's value of one that it has. */
function foreignTo(command: Command, { name, value = "" }: TypedFlag): Foreign | undefined {
  if (name === "init_from" && /^(scratch|resume|gpt2.*)$/.test(value) && !existsSync(value)) {
    return has(command, name) ? INIT_FROM : SAMPLED_FROM;
  }
  const alias = aliasOf(name);
  if (has(command, name) || (alias !== undefined && has(command, alias))) return undefined;
  return Object.hasOwn(FOREIGN, name) ? FOREIGN[name] : undefined;
}

/** The number of words of a flag that asks for what the command does anyway. Errors: it asks for more. */
function wordsOf(
  { name, given, value }: TypedFlag,
  { same = () => false, answer }: Foreign,
  args: readonly string[],
  command: Command,
): number {
  if (given === undefined && value !== undefined && same(value, args)) return 2;
  if (same(given ?? "", args)) return 1;
  const shown = value === undefined || value.startsWith("--") ? "" : value;
  throw unknown(`--${name}${shown === "" ? "" : ` ${shown}`}`, command, answer(shown, command.name()));
}

function unknown(flag: string, command: Command, answer: string): UsageError {
  return usage(`a flag of microgpt ${command.name()}`, flag, answer);
}
