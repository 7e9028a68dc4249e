/**
 * An origin-private file system for tests: files in memory, one open at a time, with limited space and a log of all
 * changes.
 */

import type { Directory, SyncFile } from "./directory.ts";

export type Files = ReadonlyMap<string, Uint8Array>;

/** An atomic change; only within a `write` may a tab be killed. */
export type Change =
  | { readonly kind: "create" | "remove" | "flush"; readonly name: string }
  | { readonly kind: "write"; readonly name: string; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: "truncate"; readonly name: string; readonly size: number };

export class FakeDirectory implements Directory {
  readonly files: Map<string, Uint8Array> = new Map();
  readonly changes: Change[] = [];
  /** Total space in bytes. */
  capacity: number = Infinity;
  /** Most bytes that one call writes. */
  atOnce: number = Infinity;
  /** True if it was removed with its content. */
  isGone: boolean = false;
  readonly #open = new Set<string>();
  /** For each file, how many more attempts find it held by a closed tab. */
  readonly heldFor: Map<string, number> = new Map();

  constructor(files: Files = new Map()) {
    for (const [name, bytes] of files) this.files.set(name, bytes.slice());
  }

  get size(): number {
    return [...this.files.values()].reduce((sum, { length }) => sum + length, 0);
  }

  async getFileHandle(name: string, options: { create?: boolean } = {}): Promise<object> {
    if (this.isGone) throw new DOMException("the folder", "NotFoundError");
    if (!this.files.has(name)) {
      if (options.create !== true) throw new DOMException(name, "NotFoundError");
      this.#change({ kind: "create", name });
    }
    return { createSyncAccessHandle: () => this.#openFile(name) };
  }

  async removeEntry(name: string): Promise<void> {
    if (!this.files.has(name)) throw new DOMException(name, "NotFoundError");
    if (this.#open.has(name)) throw new DOMException(name, "NoModificationAllowedError");
    this.#change({ kind: "remove", name });
  }

  async *keys(): AsyncGenerator<string> {
    if (this.isGone) throw new DOMException("the folder", "NotFoundError");
    yield* this.files.keys();
  }

  async #openFile(name: string): Promise<SyncFile> {
    const held = this.heldFor.get(name) ?? 0;
    this.heldFor.set(name, held - 1);
    if (held > 0 || this.#open.has(name)) throw new DOMException(name, "NoModificationAllowedError");
    this.#open.add(name);
    const bytes = (): Uint8Array => this.files.get(name) ?? new Uint8Array();
    return {
      getSize: () => bytes().length,
      read: (into, { at }) => {
        const part = bytes().subarray(at, at + into.length);
        into.set(part);
        return part.length;
      },
      write: (given, { at }) => {
        const part = given.slice(0, this.atOnce);
        const growth = Math.max(0, at + part.length - bytes().length);
        if (this.size + growth > this.capacity) throw new DOMException("no room", "QuotaExceededError");
        this.#change({ kind: "write", name, at, bytes: part });
        return part.length;
      },
      truncate: (size) => this.#change({ kind: "truncate", name, size }),
      flush: () => this.#change({ kind: "flush", name }),
      close: () => this.#open.delete(name),
    };
  }

  #change(change: Change): void {
    apply(this.files, change);
    this.changes.push(change);
  }
}

/** Applies a change to files. */
export function apply(files: Map<string, Uint8Array>, change: Change): void {
  const { kind, name } = change;
  const before = files.get(name) ?? new Uint8Array();
  if (kind === "create") files.set(name, new Uint8Array());
  else if (kind === "remove") files.delete(name);
  else if (kind === "truncate") files.set(name, resized(before, change.size));
  else if (kind === "write") {
    const after = resized(before, Math.max(before.length, change.at + change.bytes.length));
    after.set(change.bytes, change.at);
    files.set(name, after);
  }
}

function resized(bytes: Uint8Array, size: number): Uint8Array {
  const after = new Uint8Array(size);
  after.set(bytes.subarray(0, size));
  return after;
}
