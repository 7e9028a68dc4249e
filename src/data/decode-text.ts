import { MicrogptError } from "../util/errors.ts";
import { mendInvalid, withNULs } from "./encodings.ts";
import { binaryFormat, writtenFormat } from "./signatures.ts";

const LF = 10;
const CR = 13;

/** Bytes that are looked at to recognize a binary file: the names in a ZIP archive come late. */
const HEAD = 4096;

/** Byte order marks of encodings other than UTF-8. */
const FOREIGN_MARKS: readonly (readonly [mark: readonly number[], name: string, iconv: string])[] = [
  [[0xff, 0xfe, 0, 0], "UTF-32", "utf-32"],
  [[0xff, 0xfe], "UTF-16", "utf-16"],
  [[0xfe, 0xff], "UTF-16", "utf-16"],
];

/** Decodes UTF-8 and drops a byte order mark. Errors: those of Utf8Reader. */
export function decodeText(name: string, bytes: Uint8Array): string {
  const reader = new Utf8Reader(name);
  const text = reader.push(bytes);
  reader.end();
  return text;
}

/**
 * Decodes UTF-8 that comes in chunks of any size: no character is split between two results, and a byte order mark is
 * dropped. Errors: a known binary format, by name; text in another encoding, with the byte, its line and the likely
 * encoding; NUL bytes.
 */
export class Utf8Reader {
  readonly #name: string;
  readonly #decoder: TextDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  /** The first bytes of an incomplete character. */
  #rest: Uint8Array = new Uint8Array();
  /** Offset of `#rest` in the file. */
  #offset = 0;
  #lineEnds = 0;
  #endsInCR = false;
  /** The first bytes of the file. */
  #head: Uint8Array = new Uint8Array();
  /** Set after an error; the reader waits for the rest of the head to explain it. */
  #trouble: ((head: Uint8Array) => MicrogptError) | undefined;
  #beyondASCII = false;

  constructor(name: string) {
    this.#name = name;
  }

  /** The text that is complete with these bytes. Does not keep them. */
  push(chunk: Uint8Array): string {
    if (this.#head.length < HEAD) this.#addToHead(chunk);
    if (this.#trouble !== undefined) return "";
    const bytes = this.#rest.length === 0 ? chunk : concat(this.#rest, chunk);
    // The first bytes of a file may also come one by one.
    if (this.#offset === 0) this.#checkMark(bytes);
    const nul = bytes.indexOf(0);
    if (nul !== -1) {
      const at = this.#offset + nul;
      const before = bytes.subarray(0, nul);
      if (this.#decode(before, before) === undefined) return "";
      return this.#stop((head) => this.#withNULs(head, at));
    }
    const whole = bytes.subarray(0, completeLength(bytes));
    const text = this.#decode(whole, bytes);
    if (text === undefined) return "";
    this.#beyondASCII ||= text.length < whole.length;
    this.#rest = bytes.slice(whole.length);
    const marked = this.#offset === 0 && text.startsWith("\uFEFF");
    this.#offset += whole.length;
    this.#countLines(whole);
    return marked ? text.slice(1) : text;
  }

  /** Call after the last bytes. Errors: those of a file shorter than the head, an incomplete character. */
  end(): void {
    if (this.#rest.length > 0 && this.#trouble === undefined) this.#decode(this.#rest, this.#rest);
    if (this.#trouble !== undefined) throw this.#trouble(this.#head);
  }

  #addToHead(chunk: Uint8Array): void {
    this.#head = concat(this.#head, chunk.subarray(0, HEAD - this.#head.length));
    const known = writtenFormat(this.#head);
    if (known !== undefined) throw this.#refuse(known.got, known.fix);
    if (this.#head.length === HEAD && this.#trouble !== undefined) throw this.#trouble(this.#head);
  }

  /** Throws now, or once the head is complete. */
  #stop(trouble: (head: Uint8Array) => MicrogptError): "" {
    if (this.#head.length === HEAD) throw trouble(this.#head);
    this.#trouble = trouble;
    return "";
  }

  #withNULs(head: Uint8Array, at: number): MicrogptError {
    const { got, fix } = binaryFormat(head) ?? withNULs(head, at);
    return this.#refuse(got, fix);
  }

  /** Undefined after an error. */
  #decode(bytes: Uint8Array, seen: Uint8Array): string | undefined {
    try {
      return this.#decoder.decode(bytes);
    } catch (cause) {
      const at = firstInvalidByte(seen);
      this.#countLines(seen.subarray(0, at));
      const byte = `byte 0x${seen[at]?.toString(16)} in line ${this.#lineEnds + 1} (byte ${this.#offset + at})`;
      const beyond = this.#beyondASCII || seen.subarray(0, at).some((one) => one >= 0x80);

      const wrong = this.#offset + at < HEAD ? [] : seen.slice(at, at + 1);
      this.#stop((head) => {
        const known = binaryFormat(head);
        if (known !== undefined) return this.#refuse(known.got, known.fix, cause);
        const nul = head.indexOf(0);
        if (nul !== -1) return this.#withNULs(head, nul);
        const { binary, got, fix } = mendInvalid(Uint8Array.from([...head, ...wrong]), beyond);
        return this.#refuse(binary ? `${got}, ${byte}` : byte, fix, cause);
      });
      return undefined;
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
    // Branch-free, because the branch would be unpredictable: x - 1 is negative only where x is 0.
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
    return new MicrogptError(
      { code: "data-format", operation: `data ${this.#name}`, expected: "UTF-8 text", got, fix },
      { cause },
    );
  }
}

/** The number of bytes without a character that is cut off at the end. */
function completeLength(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) break;
    // The first byte of a character gives its length.
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

// The decoder reports that there is an error, but not its position. In stream mode, where a character cut off at the
// end is no error, the longest prefix it accepts ends at most three bytes after the start of the invalid character.
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
