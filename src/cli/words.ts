/** The library's words as a user of the command line reads them: settings are flags, commands are what one types. */

import { type Command, inWords, lineOf, type MicrogptError, type Remark, type Tongue, type Words } from "../index.ts";
import { snakeCase } from "../util/case.ts";
import { quote } from "./shell.ts";

const COMMANDS: { readonly [C in Command]: (of?: string) => string } = {
  prepare: (of = "FILES") => `microgpt prepare ${of} --out FOLDER`,
  train: (of = "FILES") => `microgpt train ${of}`,
  resume: () => "--resume",
  sample: () => "microgpt sample",
  "lr-find": () => "microgpt lr-find",
};

const flags: Tongue = {
  setting: (name, value) => `--${snakeCase(name)}${value === undefined ? "" : ` ${quote(String(value))}`}`,
  command: (name, of) => COMMANDS[name](of),
};

/** The name of a setting outside commands: an error says `expected n_layer to be 1 or more`. */
const names: Tongue = {
  ...flags,
  setting: (name, value) => (value === undefined ? snakeCase(name) : flags.setting(name, value)),
};

/** The words as the command line has them. */
export function typedWords(words: Words): string {
  return inWords(words, flags);
}

/** A note as a record for programs. */
export function noteRecord({ kind, values, message }: Remark): object {
  return { kind, text: typedWords(message), values };
}

/** The line of an error. */
export function explain({ complaint }: MicrogptError): string {
  return lineOf(complaint, flags, names);
}
