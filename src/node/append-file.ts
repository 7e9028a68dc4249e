import { closeSync, fsyncSync, ftruncateSync, openSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import { MicrogptError, mistake } from "../util/errors.ts";
import { temporaryFor } from "./atomic-write.ts";
import { fileError } from "./file-errors.ts";

/**
 * An append-only file for a run's records: `add` only buffers, `flush` writes. A full disk must not end hours of
 * training, so an error goes to `onError`, and the data is kept and retried at the next flush, creating the file if
 * need be. The file therefore never has a gap; it can only end early, in the middle of an entry.
 */
export class AppendFile {
  readonly #path: string;
  readonly #operation: string;
  readonly #onError: (error: MicrogptError) => void;
  /** Undefined until the file could be created. */
  #file: number | undefined;
  #waiting: Uint8Array[] = [];
  /** Position of the next byte. */
  #position = 0;
  /** The current end of the file, which the next entries overwrite. */
  #tail: Uint8Array = new Uint8Array();
  #changed = true;

  /**
   * Creates the file with its first bytes, replacing an existing one only when they are complete. Errors go to
   * `onError` as well.
   */
  constructor(path: string, begin: Uint8Array, operation: string, onError: (error: MicrogptError) => void) {
    this.#path = path;
    this.#operation = operation;
    this.#onError = onError;
    this.#waiting.push(begin);
    this.flush();
  }

  /** Buffers the next bytes of the file. */
  add(bytes: Uint8Array): void {
    this.#waiting.push(bytes);
    this.#changed = true;
  }

  /** The end of the file from the next flush on. */
  set tail(bytes: Uint8Array) {
    this.#tail = bytes;
    this.#changed = true;
  }

  /**
   * Writes the buffer to the file. Synchronous, because the data is small and yielding to the event loop would cost more.
   */
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

  /** Flushes and closes. The file must not be used afterwards. */
  close(): void {
    this.flush();
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
    this.#changed = false;
  }

  /** Under a temporary name first, so that a half-written beginning never exists. */
  #make(): void {
    const there = statSync(this.#path, { throwIfNoEntry: false });
    if (there !== undefined && !there.isFile()) {
      const got = there.isDirectory() ? "a folder" : "no file";
      throw mistake("file-kind", this.#operation, "to write the file", got, "name a file");
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
