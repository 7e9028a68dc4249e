import { MicrogptError } from "../util/errors.ts";

const LF = 10;
const CR = 13;

/** What other programs write at the beginning of text that is not UTF-8. */
const FOREIGN_MARKS: readonly (readonly [mark: readonly number[], name: string, iconv: string])[] = [
  [[0xff, 0xfe, 0, 0], "UTF-32", "utf-32"],
  [[0xff, 0xfe], "UTF-16", "utf-16"],
  [[0xfe, 0xff], "UTF-16", "utf-16"],
];

/** Bytes as UTF-8 text, without a byte order mark. Errors: a NUL byte (a binary file), anything that is not UTF-8. */
export function decodeText(name: string, bytes: Uint8Array): string {
  const reader = new Utf8Reader(name);
  const text = reader.push(bytes);
  reader.end();
  return text;
}

/**
 * Decodes UTF-8 that comes in pieces, however it was cut: no character is split between two results, and a byte order
 * mark at the beginning is left out. Errors, with the byte and its line: a NUL byte (a binary file), UTF-16, anything
 * else that is not UTF-8.
 */
export class Utf8Reader {
  readonly #name: string;
  readonly #decoder: TextDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  /** The first bytes of a character whose others have not come yet. */
  #rest: Uint8Array = new Uint8Array();
  /** Of the bytes before `#rest`. */
  #offset = 0;
  #lineEnds = 0;
  #endsInCR = false;

  constructor(name: string) {
    this.#name = name;
  }

  /** The text that is complete with these bytes. They are not kept. */
  push(chunk: Uint8Array): string {
    const bytes = this.#rest.length === 0 ? chunk : concat(this.#rest, chunk);
    // Of a file whose first bytes came one by one, too.
    if (this.#offset === 0) this.#checkMark(bytes);
    const nul = bytes.indexOf(0);
    if (nul !== -1) {
      const got = `a binary file (byte ${this.#offset + nul} is NUL)`;
      throw this.#refuse(got, "name a text file, one document a line or running text");
    }
    const whole = bytes.subarray(0, completeLength(bytes));
    const text = this.#decode(whole, bytes);
    this.#rest = bytes.slice(whole.length);
    const marked = this.#offset === 0 && text.startsWith("\uFEFF");
    this.#offset += whole.length;
    this.#countLines(whole);
    return marked ? text.slice(1) : text;
  }

  /** After the last bytes. Errors: a character that was never completed. */
  end(): void {
    if (this.#rest.length > 0) this.#decode(this.#rest, this.#rest);
  }

  #decode(bytes: Uint8Array, seen: Uint8Array): string {
    try {
      return this.#decoder.decode(bytes);
    } catch (cause) {
      const at = firstInvalidByte(seen);
      this.#countLines(seen.subarray(0, at));
      const byte = `byte 0x${seen[at]?.toString(16)}`;
      const got = `${byte} in line ${this.#lineEnds + 1} (byte ${this.#offset + at})`;
      throw this.#refuse(got, "save the file as UTF-8, for instance: iconv -f latin1 -t utf8", cause);
    }
  }

  #checkMark(bytes: Uint8Array): void {
    for (const [mark, name, iconv] of FOREIGN_MARKS) {
      if (!mark.every((byte, i) => bytes[i] === byte)) continue;
      throw this.#refuse(`${name} text`, `save the file as UTF-8, for instance: iconv -f ${iconv} -t utf8`);
    }
  }

  #countLines(bytes: Uint8Array): void {
    let count = 0;
    let inCR = this.#endsInCR ? 1 : 0;
    // Without branches, which no processor could foresee: x - 1 is negative only where x is 0.
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i] as number;
      const isCR = ((byte ^ CR) - 1) >>> 31;
      const isLF = ((byte ^ LF) - 1) >>> 31;
      count += isCR + (isLF & ~inCR);
      inCR = isCR;
    }
    this.#lineEnds += count;
    this.#endsInCR = inCR === 1;
  }

  #refuse(got: string, fix: string, cause?: unknown): MicrogptError {
    return new MicrogptError({ operation: `data ${this.#name}`, expected: "UTF-8 text", got, fix }, { cause });
  }
}

/** How many of the bytes are left if a character that is cut at the end is left out. */
function completeLength(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) break;
    // The first byte of a character says how many it has.
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

// The decoder says that something is wrong, not where. The longest prefix that it takes in stream mode, where a
// character cut at the end is no error, ends at most three bytes after the character at fault has begun.
function firstInvalidByte(bytes: Uint8Array): number {
  let [good, bad] = [0, bytes.length + 1];
  while (bad - good > 1) {
    const middle = (good + bad) >>> 1;
    if (decodes(bytes.subarray(0, middle), true)) good = middle;
    else bad = middle;
  }
  while (!decodes(bytes.subarray(0, good), false)) good--;
  return good;
}

function decodes(bytes: Uint8Array, stream: boolean): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream });
    return true;
  } catch {
    return false;
  }
}

function concat(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
