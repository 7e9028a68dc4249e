/** A file or a pipe to read texts from. */

import type { Note } from "../data/note.ts";

export const FORMATS = ["text", "sections", "jsonl", "json", "csv", "tsv"] as const;
export type Format = (typeof FORMATS)[number];

/** A file to read texts from, as it was when found. */
export interface Source {
  /** The name used in errors. */
  readonly name: string;
  readonly format: Format;
  readonly size: number;
  /** Set for a file; absent for a pipe. */
  readonly file?: { readonly path: string; readonly mtimeMs: number };
  /** The complete content of a pipe. */
  readonly bytes?: Uint8Array;
  /** A note to the user on how it is read. */
  readonly note?: Note;
  /** For sections: the line that separates them. */
  readonly mark?: string;
}
