/** Turns errors into messages for the user. */

import { type Complaint, inWords, lineOf, MicrogptError, type Tongue, type Words } from "microgpt";
import { words } from "../strings.ts";
import { labelOf } from "./label.ts";

/** Settings are called by their fields, commands by what does the same here. */
const tongue: Tongue = {
  setting: (name, value) => {
    const label = labelOf(name);
    return value === undefined ? label : `${label} ${value}`;
  },
  command: (name) => words.commands[name],
};

/** One line: the library's message about a mistake, or a note that something unexpected happened. */
export function plain(error: unknown): string {
  if (error instanceof MicrogptError) return told(error.complaint);
  console.error(error);
  return words.train.unforeseen;
}

/** The line of a complaint, also of one from another thread. An empty field is NaN to the library. */
export function told(complaint: Complaint): string {
  const empty = complaint.field !== undefined && Number.isNaN(complaint.values?.value);
  return lineOf(empty ? { ...complaint, got: "nothing" } : complaint, tongue);
}

/** The library's words as the lab has them. */
export function inFields(said: Words): string {
  return inWords(said, tongue);
}
