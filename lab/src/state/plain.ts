/** Turns errors into messages for the user. */

import { words } from "../strings.ts";

/** One line: the library's message about a mistake, or a note that something unexpected happened. */
export function plain(error: unknown): string {
  // Between threads an error keeps its name, not its class.
  if (error instanceof Error && error.name === "MicrogptError") return inFields(error.message);
  console.error(error);
  return words.train.unforeseen;
}

/** The library's messages name flags; the lab has fields. */
export function inFields(said: string): string {
  const names: Readonly<Record<string, string>> = words.train.setup.fields;
  const ofField = (flag: string): string =>
    names[flag.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())] ?? flag;
  return said
    .replace(/\b[a-z]+(?:_[a-z]+)+\b/g, ofField)
    .replace(", got NaN; give a number", ", got nothing; give a number");
}
