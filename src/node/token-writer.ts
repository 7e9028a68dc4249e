import { type FileHandle, open } from "node:fs/promises";
import { crc32 } from "node:zlib";
import { CharTokenizer } from "../data/char-tokenizer.ts";
import type { Tokenizer } from "../data/tokenizer.ts";
import { wordCut } from "../data/word-cut.ts";
import { hex32 } from "../util/crc32.ts";
import { BYTES_PER_TOKEN, type Dtype, dtypeFor, type PartMeta } from "./token-meta.ts";

/** Tokens buffered before they are written. */
const BUFFERED = 2 ** 19;

/**
 * Writes a part of prepared data to a file: BOS, then each text with BOS after it; nothing at all if there are no
 * texts. Little-endian, like nanoGPT's.
 */
export class TokenWriter {
  readonly #file: FileHandle;
  readonly #tokenizer: Tokenizer;
  readonly #lineEnds: number;
  readonly #dtype: Dtype;
  #buffer: Uint16Array | Uint32Array;
  #buffered = 0;
  #open = false;
  /** The end of the open text, whose tokens are not final yet. */
  #held = "";
  #tokens = 0;
  #bytes = 0;
  #crc = 0;

  private constructor(file: FileHandle, tokenizer: Tokenizer, lineEnds: number) {
    this.#file = file;
    this.#tokenizer = tokenizer;
    this.#lineEnds = lineEnds;
    this.#dtype = dtypeFor(tokenizer.vocabSize);
    this.#buffer = this.#allocate(2 * BUFFERED);
  }

  /** @param lineEnds bytes that the end of a text counts for */
  static async create(path: string, tokenizer: Tokenizer, lineEnds: number): Promise<TokenWriter> {
    return new TokenWriter(await open(path, "wx"), tokenizer, lineEnds);
  }

  /** Adds a whole text. */
  add(text: string): void {
    this.#encode(text);
    this.#end();
  }

  /** Adds a piece to the open text, or opens one. It need not end at a token boundary. */
  addPiece(piece: string): void {
    this.#open = true;
    // Every character is a token, so there is nothing to wait for.
    if (this.#tokenizer instanceof CharTokenizer) {
      this.#encode(piece);
      return;
    }
    const text = this.#held + piece;
    const cut = wordCut(text);
    this.#encode(text.slice(0, cut));
    this.#held = text.slice(cut);
  }

  /** Ends the open text, if there is one. */
  endText(): void {
    if (!this.#open) return;
    this.#encode(this.#held);
    this.#held = "";
    this.#end();
  }

  #encode(text: string): void {
    this.#reserve(text.length + 2);
    if (this.#tokens + this.#buffered === 0) this.#buffer[this.#buffered++] = this.#tokenizer.bos;
    this.#bytes += utf8Length(text);
    if (this.#tokenizer instanceof CharTokenizer) {
      this.#buffered = this.#tokenizer.encodeInto(text, this.#buffer, this.#buffered);
      return;
    }
    const ids = this.#tokenizer.encode(text);
    this.#reserve(ids.length + 2);
    this.#buffer.set(ids, this.#buffered);
    this.#buffered += ids.length;
  }

  #end(): void {
    this.#buffer[this.#buffered++] = this.#tokenizer.bos;
    this.#bytes += this.#lineEnds;
    this.#open = false;
  }

  /** Writes the buffer if it holds at least `least` tokens; call it between texts or pieces. */
  async flush(least: number = BUFFERED): Promise<void> {
    if (this.#buffered < least) return;
    const bytes = new Uint8Array(this.#buffer.buffer, 0, this.#buffered * BYTES_PER_TOKEN[this.#dtype]);
    this.#crc = crc32(bytes, this.#crc);
    this.#tokens += this.#buffered;
    this.#buffered = 0;
    // A write may be partial.
    for (let at = 0; at < bytes.length; ) at += (await this.#file.write(bytes, at)).bytesWritten;
  }

  /** Writes the rest and flushes it to the disk. */
  async finish(): Promise<PartMeta> {
    this.endText();
    await this.flush(1);
    await this.#file.sync();
    return { tokens: this.#tokens, bytes: this.#bytes, crc32: hex32(this.#crc) };
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  #reserve(count: number): void {
    if (this.#buffered + count <= this.#buffer.length) return;
    const larger = this.#allocate(2 * (this.#buffered + count));
    larger.set(this.#buffer.subarray(0, this.#buffered));
    this.#buffer = larger;
  }

  #allocate(count: number): Uint16Array | Uint32Array {
    return this.#dtype === "uint16" ? new Uint16Array(count) : new Uint32Array(count);
  }
}

function utf8Length(text: string): number {
  // For a short text the call costs more than the loop.
  if (text.length > 64) return Buffer.byteLength(text);
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0xd800 && unit <= 0xdfff) return Buffer.byteLength(text);
    length += unit < 0x80 ? 1 : unit < 0x800 ? 2 : 3;
  }
  return length;
}
