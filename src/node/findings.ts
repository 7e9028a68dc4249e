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

  /** Sentences, in the order in which their kinds first occurred. */
  get notes(): string[] {
    return [...this.#kinds.values()].map(({ note, files }) => {
      const more = files.size - 1;
      return more === 0 ? note : `${note} (and ${more} more ${more === 1 ? "file" : "files"} like it)`;
    });
  }
}
