import type { Note } from "../data/note.ts";
import { say } from "../util/words.ts";

export type { Note, NoteKind } from "../data/note.ts";

/**
 * Collects notes to the user while data is read. Of notes that say the same only the first is shown, with the number of
 * further files: a folder of a thousand tables gives one note, not a thousand.
 */
export class Findings {
  readonly #notes: Map<string, { readonly note: Note; readonly files: Set<string> }> = new Map();

  /** @param like the same for notes that say the same of several files */
  add(file: string, note: Note, like: string = note.kind): void {
    const known = this.#notes.get(like);
    if (known === undefined) this.#notes.set(like, { note, files: new Set([file]) });
    else known.files.add(file);
  }

  /** The notes, in the order in which they first occurred; `values` has the number of files. */
  get notes(): Note[] {
    return [...this.#notes.values()].map(({ note: { kind, values, message }, files }) => {
      const more = files.size - 1;
      const also = say`${message} (and ${more} more ${more === 1 ? "file" : "files"} like it)`;
      return { kind, values: { ...values, files: files.size }, message: more === 0 ? message : also };
    });
  }
}
