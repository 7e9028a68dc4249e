/** Reads a file of tokens window by window. */

import { closeSync, fstatSync, readSync, type Stats } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { crc32 } from "node:zlib";
import type { TokenSource } from "../data/tokens.ts";
import { hex32 } from "../util/crc32.ts";
import { type ErrorCode, internalError, type MicrogptError, mistake } from "../util/errors.ts";
import { command, say, type Words } from "../util/words.ts";
import { fileError } from "./file-errors.ts";
import { openFileSync } from "./read.ts";
import { BYTES_PER_TOKEN, META_FILE, type TokenMeta } from "./token-meta.ts";

/** Number of reads between checks that the file is unchanged. */
const READS_PER_CHECK = 256;
/** Bytes compared at a time. */
const CHECK_PIECE = 2 ** 22;

/** A list of tokens in a file of uint16 or uint32, little-endian. */
export class TokenFile implements TokenSource {
  readonly length: number;
  readonly #path: string;
  readonly #vocabSize: number;
  readonly #width: number;
  readonly #mtimeMs: number;
  #file: number | undefined;
  #buffer: Uint16Array | Uint32Array;
  /** A byte view of the same memory. */
  #bytes: Uint8Array;
  #reads = 0;

  /** @param tokens the required number. Default: the file's */
  constructor(path: string, { dtype, vocabSize }: Pick<TokenMeta, "dtype" | "vocabSize">, tokens?: number) {
    this.#path = path;
    this.#vocabSize = vocabSize;
    this.#width = BYTES_PER_TOKEN[dtype];
    this.#buffer = dtype === "uint16" ? new Uint16Array(1024) : new Uint32Array(1024);
    this.#bytes = new Uint8Array(this.#buffer.buffer);
    this.#file = openFileSync(`data ${path}`, path);
    const found = fstatSync(this.#file);
    this.#mtimeMs = found.mtimeMs;
    this.length = tokens ?? Math.floor(found.size / this.#width);
    if (this.#sized(found)) return;
    this.dispose();
    const expected = tokens === undefined ? "a whole number of tokens" : `${this.size} bytes, as ${META_FILE} has it`;
    throw this.#refuse(expected, tokens === undefined ? `${found.size} bytes` : `${found.size}`, "prepare it again");
  }

  read(start: number, count: number): ArrayLike<number> {
    if (!(start >= 0 && count >= 0 && start + count <= this.length)) {
      throw internalError(`tokens ${start} to ${start + count} of ${this.length}`);
    }
    if (this.#reads++ % READS_PER_CHECK === 0) this.#checkUnchanged();
    if (count > this.#buffer.length) {
      this.#buffer = this.#width === 2 ? new Uint16Array(2 * count) : new Uint32Array(2 * count);
      this.#bytes = new Uint8Array(this.#buffer.buffer);
    }
    this.#fill(this.#bytes.subarray(0, count * this.#width), start * this.#width);
    const tokens = this.#buffer.subarray(0, count);
    for (let i = 0; i < count; i++) {
      const token = tokens[i] as number;
      if (token >= this.#vocabSize) this.refuseToken(token, start + i);
    }
    return tokens;
  }

  /** Throws the error about a token outside the vocabulary. */
  refuseToken(token: number, at: number): never {
    const got = `token ${token} at position ${at}`;
    throw this.#refuse(`tokens below ${this.#vocabSize}`, got, "the file is damaged: prepare it again");
  }

  get size(): number {
    return this.length * this.#width;
  }

  /** Compares the whole file with a CRC-32. Errors: a mismatch; a change meanwhile. */
  async check(expected: string): Promise<void> {
    const got = await this.scan();
    if (got === expected) return;
    const fix = "it changed after it was prepared: prepare it again, or restore the old one";
    throw this.#refuse(`CRC-32 ${expected}, as ${META_FILE} has it`, got, fix);
  }

  /**
   * The CRC-32 of the whole file; takes a second for 2 GB. @param each receives the bytes, chunk by chunk. Errors: a
   * change meanwhile.
   */
  async scan(each?: (bytes: Uint8Array) => void): Promise<string> {
    const piece = new Uint8Array(Math.min(CHECK_PIECE, this.size));
    let crc = 0;
    for (let at = 0; at < this.size; at += piece.length) {
      const bytes = piece.subarray(0, Math.min(piece.length, this.size - at));
      this.#fill(bytes, at);
      crc = crc32(bytes, crc);
      each?.(bytes);
      // Lets other tasks run.
      await setImmediate();
    }
    this.#checkUnchanged();
    return hex32(crc);
  }

  dispose(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #fill(bytes: Uint8Array, position: number): void {
    const file = this.#open();
    try {
      for (let done = 0; done < bytes.length; ) {
        const got = readSync(file, bytes, done, bytes.length - done, position + done);
        if (got === 0) throw this.#changed();
        done += got;
      }
    } catch (error) {
      throw fileError(`data ${this.#path}`, "a file that can be read", error);
    }
  }

  #open(): number {
    if (this.#file === undefined) throw internalError(`${this.#path} was closed`);
    return this.#file;
  }

  #checkUnchanged(): void {
    const now = fstatSync(this.#open());
    if (now.mtimeMs !== this.#mtimeMs || !this.#sized(now)) throw this.#changed();
  }

  #sized({ size }: Stats): boolean {
    return size === this.size;
  }

  #changed(): MicrogptError {
    const fix = say`restore it and continue with ${command("resume")}, or start a new run`;
    return this.#refuse("an unchanged file", "one that changed since it was opened", fix, "data-changed");
  }

  #refuse(expected: string, got: string, fix: Words, code: ErrorCode = "file-damaged"): MicrogptError {
    return mistake(code, `data ${this.#path}`, expected, got, fix);
  }
}
