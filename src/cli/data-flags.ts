/** The flags that say how text is read: the same wherever there is some. */

import { DATA_MODES, type DataMode } from "../index.ts";
import { among, asTyped, type Row } from "./flag-row.ts";

export const TEXT_FLAGS: readonly Row[] = [
  [
    "mode <name>",
    "documents, one a line, or stream, running text (default: by the looks of the files)",
    among(DATA_MODES),
  ],
  ["field <name>", "of .jsonl files, what holds the text (default: text)", asTyped],
  ["column <name>", "of .csv and .tsv files, what holds the text (default: the only one, or text)", asTyped],
];

/** What was typed of them. */
export interface TextFlags {
  readonly mode?: DataMode;
  readonly field?: string;
  readonly column?: string;
}
