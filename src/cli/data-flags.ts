/** The flags that say how text is read: the same wherever there is some. */

import { DATA_MODES, type DataMode } from "../index.ts";
import { oneOf } from "./usage.ts";

/** A flag: its name and placeholder, what it is, and how its value is read. */
export type Row = readonly [
  name: string,
  what: string,
  parse: (flag: string) => (text: string, before: unknown) => unknown,
  fallback?: number,
];

export const TEXT_FLAGS: readonly Row[] = [
  [
    "mode <name>",
    "documents, one a line, or stream, running text (default: by the looks of the files)",
    (flag) => oneOf(flag, DATA_MODES),
  ],
  ["field <name>", "of .jsonl files, what holds the text (default: text)", () => (text) => text],
  [
    "column <name>",
    "of .csv and .tsv files, what holds the text (default: the only one, or text)",
    () => (text) => text,
  ],
];

/** What was typed of them. */
export interface TextFlags {
  readonly mode?: DataMode;
  readonly field?: string;
  readonly column?: string;
}
