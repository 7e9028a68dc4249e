import { checkIdList, checkText, checkTexts, isRecord } from "../util/checks.ts";
import { mistake, show } from "../util/errors.ts";
import { CharSet, isHalf, REPLACEMENT } from "./char-set.ts";
import type { TextStream, Tokenizer } from "./tokenizer.ts";

/** A character tokenizer as stored in a checkpoint. */
export interface CharTokenizerJSON {
  readonly type: "character";
  readonly chars: readonly string[];
}

/**
 * One token for each character, as in microgpt.py: ids 0 to n - 1 are the characters sorted by code point, followed by
 * BOS, the token before and after every document. A character is a Unicode code point, so an emoji beyond the basic
 * plane is one token. Half of a surrogate pair becomes U+FFFD.
 */
export class CharTokenizer implements Tokenizer {
  readonly chars: readonly string[];
  /** Ids by code point. */
  readonly #ids: ReadonlyMap<number, number>;
  /** Ids by UTF-16 unit, -1 if there is none; built on first use. */
  #byUnit: Int32Array | undefined;

  private constructor(chars: readonly string[]) {
    this.chars = chars;
    this.#ids = new Map(chars.map((char, id) => [codePoint(char), id]));
  }

  /** The tokenizer of all characters in `docs`. Errors: fewer than two distinct characters. */
  static fit(docs: readonly string[]): CharTokenizer {
    const seen = new CharSet();
    checkTexts("tokenizer", "documents", docs);
    for (const doc of docs) seen.add(doc);
    return CharTokenizer.of(seen);
  }

  /** The tokenizer of these characters. Errors: fewer than two. */
  static of(seen: CharSet): CharTokenizer {
    const { chars } = seen;
    if (chars.length >= 2) return new CharTokenizer(chars);
    throw mistake(
      "no-data",
      "tokenizer",
      "documents with at least 2 different characters",
      chars[0] === undefined ? "no characters" : `only ${describeChar(chars[0])}`,
      "use text with more variety: there is nothing to predict here",
    );
  }

  /** Errors: JSON that `toJSON` cannot have written. */
  static fromJSON(json: unknown): CharTokenizer {
    const { type, chars } = isRecord(json) ? json : {};
    if (type !== "character" || !isAlphabet(chars)) {
      throw mistake(
        "tokenizer",
        "tokenizer",
        '{"type":"character","chars":[...]} with two or more single characters sorted by code point',
        "something else",
        "pass what toJSON returned",
      );
    }
    return new CharTokenizer(chars);
  }

  toJSON(): CharTokenizerJSON {
    return { type: "character", chars: this.chars };
  }

  /** The id of the token that begins and ends a document: the last one. */
  get bos(): number {
    return this.chars.length;
  }

  get vocabSize(): number {
    return this.chars.length + 1;
  }

  /** The ids of the text's characters. Errors: a character outside the vocabulary, named with its code point. */
  encode(text: string): number[] {
    const ids: number[] = [];
    this.#append(ids, text);
    return ids;
  }

  /** A document as the model learns it: BOS, its characters, BOS. */
  encodeDocument(doc: string): number[] {
    const ids = [this.bos];
    this.#append(ids, doc);
    ids.push(this.bos);
    return ids;
  }

  /**
   * Like `encode`, but writes the ids into `ids` from `at` on; faster for long texts. `ids` needs room for as many ids
   * as `text` has UTF-16 units. Returns the position after the last id.
   */
  encodeInto(text: string, ids: Uint16Array | Uint32Array, at: number): number {
    this.#byUnit ??= unitTable(this.#ids);
    const table = this.#byUnit;
    let end = at;
    for (let i = 0; i < text.length; i++) {
      const id = table[text.charCodeAt(i)] as number;
      if (id >= 0) ids[end++] = id;
      else {
        const point = text.codePointAt(i) as number;
        ids[end++] = this.#idOf(point);
        if (point > 0xffff) i++;
      }
    }
    return end;
  }

  #idOf(point: number): number {
    // Models of 0.4 may have a token for half of a surrogate pair.
    const id = this.#ids.get(point) ?? (isHalf(point) ? this.#ids.get(REPLACEMENT) : undefined);
    if (id !== undefined) return id;
    throw mistake(
      "character",
      "tokenizer",
      `characters that the model was trained on: ${excerpt(this.chars.join(""))}`,
      describeChar(String.fromCodePoint(point)),
      "leave it out, or train on text that contains it",
    );
  }

  // Works on code units, not on one-character strings: a small model's step takes little longer than encoding its
  // document.
  #append(ids: number[], text: string): void {
    if (typeof text !== "string") checkText("tokenizer", "the text to encode", text);
    for (let i = 0; i < text.length; ) {
      const point = text.codePointAt(i) as number;
      ids.push(this.#idOf(point));
      i += point > 0xffff ? 2 : 1;
    }
  }

  /** The text of the ids; BOS is skipped. Errors: an id outside the vocabulary. */
  decode(ids: Iterable<number>): string {
    checkIdList("tokenizer", ids);
    let text = "";
    for (const id of ids) {
      const char = id === this.bos ? "" : this.chars[id];
      if (char === undefined) {
        throw mistake(
          "id",
          "tokenizer",
          `ids from 0 to ${this.bos}`,
          show(id),
          "decode only what this tokenizer or its model made",
        );
      }
      text += char;
    }
    return text;
  }

  /** Each token is a whole character. */
  stream(): TextStream {
    return { push: (id) => this.decode([id]), end: () => "" };
  }
}

function unitTable(ids: ReadonlyMap<number, number>): Int32Array {
  const table = new Int32Array(2 ** 16).fill(-1);
  for (const [point, id] of ids) {
    // Half of a surrogate pair is not a character.
    if (point <= 0xffff && !isHalf(point)) table[point] = id;
  }
  return table;
}

function codePoint(char: string): number {
  return char.codePointAt(0) ?? 0;
}

/** `"é" (U+00E9)`. */
function describeChar(char: string): string {
  return `${JSON.stringify(char)} (U+${codePoint(char).toString(16).toUpperCase().padStart(4, "0")})`;
}

function excerpt(text: string): string {
  const chars = [...text];
  return JSON.stringify(chars.length > 40 ? `${chars.slice(0, 40).join("")}…` : text);
}

/** True for two or more single characters in the order of their code points. */
function isAlphabet(chars: unknown): chars is string[] {
  return (
    Array.isArray(chars) &&
    chars.length >= 2 &&
    chars.every((char) => typeof char === "string" && [...char].length === 1) &&
    chars.every((char, i) => i === 0 || codePoint(chars[i - 1]) < codePoint(char))
  );
}
