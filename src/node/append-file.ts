import { closeSync, openSync, writeSync } from "node:fs";
import { MicrogptError } from "../util/errors.ts";
import { fileError } from "./file-errors.ts";

/**
 * A file that only grows, for what a run says of itself on its way: `add` is memory alone, `flush` writes. A disk that
 * is full must not end hours of training: an error goes to `onError`, and what could not be written is kept and
 * tried again with the next flush. So the file never has a gap: it may only end too early, in the middle of an entry.
 */
export class AppendFile {
  readonly #operation: string;
  readonly #onError: (error: MicrogptError) => void;
  readonly #file: number | undefined;
  #waiting: Uint8Array[] = [];

  /** Opens the file at its end. An error in doing so goes to `onError` too; the object then takes and drops all. */
  constructor(path: string, operation: string, onError: (error: MicrogptError) => void) {
    this.#operation = operation;
    this.#onError = onError;
    this.#file = this.#attempt(() => openSync(path, "a"));
  }

  add(bytes: Uint8Array): void {
    if (this.#file !== undefined) this.#waiting.push(bytes);
  }

  /** Hands what was added to the system. It is written at once, and small: no turn of the event loop is given away. */
  flush(): void {
    const file = this.#file;
    if (file === undefined || this.#waiting.length === 0) return;
    let bytes: Uint8Array = Buffer.concat(this.#waiting);
    this.#attempt(() => {
      while (bytes.length > 0) bytes = bytes.subarray(writeSync(file, bytes));
    });
    this.#waiting = bytes.length > 0 ? [bytes] : [];
  }

  /** Flushes and closes. Not to be used after. */
  close(): void {
    this.flush();
    const file = this.#file;
    if (file !== undefined) this.#attempt(() => closeSync(file));
  }

  #attempt<T>(action: () => T): T | undefined {
    try {
      return action();
    } catch (error) {
      const complaint = fileError(this.#operation, "to write the file", error);
      if (!(complaint instanceof MicrogptError)) throw complaint;
      this.#onError(complaint);
      return undefined;
    }
  }
}
