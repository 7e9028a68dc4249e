import { MicrogptError } from "../util/errors.ts";
import type { TextStream, Tokenizer } from "./tokenizer.ts";

/** A tokenizer in the form that a checkpoint keeps. */
export interface CharTokenizerJSON {
  readonly type: "character";
  readonly chars: readonly string[];
}

/**
 * One token a character, as in microgpt.py: the characters sorted by code point, ids 0 to n - 1, and after them
 * BOS, the token that stands before and after every document. A character is a Unicode code point, so an emoji
 * beyond the basic plane is one token.
 */
export class CharTokenizer implements Tokenizer {
  readonly chars: readonly string[];
  /** By code point. */
  readonly #ids: ReadonlyMap<number, number>;

  private constructor(chars: readonly string[]) {
    this.chars = chars;
    this.#ids = new Map(chars.map((char, id) => [codePoint(char), id]));
  }

  /** The tokenizer of all characters that occur in `docs`. Errors: fewer than two different ones. */
  static fit(docs: readonly string[]): CharTokenizer {
    const seen = new Set<string>();
    for (const doc of docs) for (const char of doc) seen.add(char);
    if (seen.size < 2) {
      throw new MicrogptError({
        operation: "tokenizer",
        expected: "documents with at least 2 different characters",
        got: seen.size === 0 ? "no character at all" : `only ${describeChar([...seen].join())}`,
        fix: "use text with more variety: there is nothing to predict here",
      });
    }
    return new CharTokenizer([...seen].sort((x, y) => codePoint(x) - codePoint(y)));
  }

  /** Errors: anything that `toJSON` cannot have written. */
  static fromJSON(json: unknown): CharTokenizer {
    const { type, chars } = (json ?? {}) as Partial<CharTokenizerJSON>;
    const valid =
      type === "character" &&
      Array.isArray(chars) &&
      chars.length >= 2 &&
      chars.every((char) => typeof char === "string" && [...char].length === 1) &&
      chars.every((char, i) => i === 0 || codePoint(chars[i - 1] ?? "") < codePoint(char));
    if (!valid) {
      throw new MicrogptError({
        operation: "tokenizer",
        expected: '{"type":"character","chars":[...]} with two or more single characters sorted by code point',
        got: "something else",
        fix: "use what toJSON returned",
      });
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

  // By numbers, not by strings of a character each: a small model's step takes hardly longer than reading its document.
  #append(ids: number[], text: string): void {
    for (let i = 0; i < text.length; ) {
      const point = text.codePointAt(i) as number;
      const id = this.#ids.get(point);
      if (id === undefined) {
        throw new MicrogptError({
          operation: "tokenizer",
          expected: `characters that the model was trained on: ${excerpt(this.chars.join(""))}`,
          got: describeChar(String.fromCodePoint(point)),
          fix: "leave it out or train on text that has it",
        });
      }
      ids.push(id);
      i += point > 0xffff ? 2 : 1;
    }
  }

  /** The text of the ids; BOS stands for no character. Errors: an id outside the vocabulary. */
  decode(ids: Iterable<number>): string {
    let text = "";
    for (const id of ids) {
      const char = id === this.bos ? "" : this.chars[id];
      if (char === undefined) {
        throw new MicrogptError({
          operation: "tokenizer",
          expected: `ids from 0 to ${this.bos}`,
          got: `${id}`,
          fix: "decode only what this tokenizer or its model made",
        });
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
