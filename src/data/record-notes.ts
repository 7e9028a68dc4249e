import type { Note } from "./note.ts";

/** Collects notes to the user about the records of a file. */
export class RecordNotes {
  readonly #name: string;
  readonly #counts: Map<Kind, { count: number; readonly line: number }> = new Map();
  /** The key of the array of records, if it is inside an object. */
  member: string | undefined;

  constructor(name: string) {
    this.#name = name;
  }

  /**
   * Cleans up a text for training: half a surrogate pair, which UTF-8 cannot encode, becomes U+FFFD, as in TextEncoder,
   * and NUL is dropped.
   */
  take(text: string | undefined, line: number, chat: boolean): string | undefined {
    if (chat) this.#count("chats", 1, line);
    if (text === undefined) {
      this.#count("nulls", 1, line);
      return undefined;
    }
    let clean = text;
    if (HALVES.test(clean)) {
      this.#count("halves", clean.match(HALVES)?.length ?? 0, line);
      clean = clean.replace(HALVES, "\uFFFD");
    }
    if (clean.includes("\0")) {
      this.#count("zeros", clean.split("\0").length - 1, line);
      clean = clean.replaceAll("\0", "");
    }
    return clean;
  }

  /** The notes on the file. */
  all(): Note[] {
    const file = this.#name;
    const notes = [...this.#counts].map(([kind, { count, line }]): Note => {
      return { kind, values: { file, count, line }, message: NOTES[kind](count.toLocaleString("en"), file, line) };
    });
    const { member } = this;
    if (member !== undefined) {
      const message = `reads the array ${JSON.stringify(member)} of ${file}`;
      notes.unshift({ kind: "member", values: { file, member }, message });
    }
    return notes;
  }

  #count(kind: Kind, count: number, line: number): void {
    const known = this.#counts.get(kind);
    if (known === undefined) this.#counts.set(kind, { count, line });
    else known.count += count;
  }
}

type Kind = Extract<Note["kind"], "chats" | "nulls" | "halves" | "zeros">;

const NOTES: { readonly [K in Kind]: (count: string, name: string, line: number) => string } = {
  chats: (_, name) => `reads the chats in ${name} as lines "role: content"`,
  nulls: (count, name, line) => `left out records of ${name} whose text is null: ${count}, the first in line ${line}`,
  halves: (count, name, line) =>
    `replaced halves of surrogate pairs in ${name} by U+FFFD: ${count}, the first in line ${line}`,
  zeros: (count, name, line) => `left out NUL characters in ${name}: ${count}, the first in line ${line}`,
};

/** A surrogate without its other half. */
const HALVES = /\p{Surrogate}/gu;
