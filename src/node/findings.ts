import type { Words } from "../util/words.ts";

/** Notes to the user on how data is read. */
export interface Note {
  /** The same for notes that say the same: `mode`, `skipped`, `column`, `nulls`, ... */
  readonly kind: string;
  /** A sentence without a full stop. */
  readonly message: Words;
  /** The facts that the message speaks of, by name. */
  readonly values: Readonly<Record<string, string | number>>;
}

/**
 * Collects notes to the user while data is read. Only the first note of each kind is shown, with the number of further
 * files: a folder of a thousand tables gives one note, not a thousand.
 */
export class Findings {
  readonly #kinds: Map<string, { readonly note: string; readonly files: Set<string> }> = new Map();

  /** @param kind the same for notes that say the same of several files */
  add(kind: string, file: string, note: string): void {
    const known = this.#kinds.get(kind);
    if (known === undefined) this.#kinds.set(kind, { note, files: new Set([file]) });
    else known.files.add(file);
  }

  /** The notes, in the order in which their kinds first occurred; `values` has the number of files. */
  get notes(): Note[] {
    return [...this.#kinds].map(([kind, { note, files }]) => {
      const more = files.size - 1;
      const message = more === 0 ? note : `${note} (and ${more} more ${more === 1 ? "file" : "files"} like it)`;
      return { kind, message, values: { files: files.size } };
    });
  }
}
