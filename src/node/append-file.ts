import { closeSync, fsyncSync, ftruncateSync, openSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import { MicrogptError } from "../util/errors.ts";
import { temporaryFor } from "./atomic-write.ts";
import { fileError } from "./file-errors.ts";

/**
 * A file that only grows, for what a run says of itself on its way: `add` is memory alone, `flush` writes. A disk that
 * is full must not end hours of training: an error goes to `onError`, and what could not be written is kept and
 * tried again with the next flush, the file itself included. So the file never has a gap: it may only end too early, in
 * the middle of an entry.
 */
export class AppendFile {
  readonly #path: string;
  readonly #operation: string;
  readonly #onError: (error: MicrogptError) => void;
  /** undefined while it could not be made. */
  #file: number | undefined;
  #waiting: Uint8Array[] = [];
  /** Where the next byte goes. */
  #position = 0;
  /** What the file ends with until more is added: that takes its place. */
  #tail: Uint8Array = new Uint8Array();
  #changed = true;

  /**
   * Makes the file with its first bytes, in place of one that is there, which stays whole until then. An error in doing so
   * goes to `onError` too.
   */
  constructor(path: string, begin: Uint8Array, operation: string, onError: (error: MicrogptError) => void) {
    this.#path = path;
    this.#operation = operation;
    this.#onError = onError;
    this.#waiting.push(begin);
    this.flush();
  }

  /** What comes next in the file. */
  add(bytes: Uint8Array): void {
    this.#waiting.push(bytes);
    this.#changed = true;
  }

  /** What the file is to end with, from the next flush on. */
  set tail(bytes: Uint8Array) {
    this.#tail = bytes;
    this.#changed = true;
  }

  /** Hands what was added to the system. It is written at once, and small: no turn of the event loop is given away. */
  flush(): void {
    if (!this.#changed) return;
    try {
      if (this.#file === undefined) this.#make();
      else this.#write(this.#file);
      this.#changed = false;
    } catch (error) {
      const complaint = fileError(this.#operation, "to write the file", error);
      if (!(complaint instanceof MicrogptError)) throw complaint;
      this.#onError(complaint);
    }
  }

  /** Flushes and closes. Not to be used after. */
  close(): void {
    this.flush();
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
    this.#changed = false;
  }

  /** Under a temporary name first, so that at no moment half of the beginning is there. */
  #make(): void {
    const there = statSync(this.#path, { throwIfNoEntry: false });
    if (there !== undefined && !there.isFile()) {
      const got = there.isDirectory() ? "a folder" : "no file";
      throw new MicrogptError({ operation: this.#operation, expected: "to write the file", got, fix: "name a file" });
    }
    const temporary = temporaryFor(this.#path);
    const file = openSync(temporary, "wx");
    const before = this.#waiting;
    try {
      this.#write(file);
      fsyncSync(file);
      renameSync(temporary, this.#path);
      this.#file = file;
    } catch (error) {
      closeSync(file);
      rmSync(temporary, { force: true });
      this.#position = 0;
      this.#waiting = before;
      throw error;
    }
  }

  #write(file: number): void {
    const waiting = Buffer.concat(this.#waiting);
    const bytes = Buffer.concat([waiting, this.#tail]);
    const begin = this.#position;
    try {
      for (let at = 0; at < bytes.length; ) {
        at += writeSync(file, bytes, at, bytes.length - at, begin + at);
        this.#position = begin + Math.min(at, waiting.length);
      }
      ftruncateSync(file, begin + bytes.length);
    } finally {
      const rest = waiting.subarray(this.#position - begin);
      this.#waiting = rest.length > 0 ? [rest] : [];
    }
  }
}
