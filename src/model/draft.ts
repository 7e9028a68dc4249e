import type { TextStream, Tokenizer } from "../data/tokenizer.ts";
import { keptTokens, lastTokens } from "./context-window.ts";
import type { Drawing } from "./generate-options.ts";
import type { BatchDecoder } from "./language-model.ts";
import { StopStrings } from "./stop-strings.ts";

/** The tools for making one text. */
export interface Desk {
  readonly decoder: BatchDecoder;
  /** The number of the decoder's sequence. */
  readonly sequence: number;
  readonly blockSize: number;
  readonly tokenizer: Tokenizer;
  readonly drawing: Drawing;
}

/** A text in the making, in one of the sequences that advance together. */
export class Draft {
  /** The number of the text. */
  readonly index: number;
  readonly sequence: number;
  readonly #desk: Desk;
  /** True if the tokens that the model sees must be remembered. */
  readonly #remembers: boolean;
  #context: number[] = [];
  /** The tokens to read, the number already read, and then the last token drawn. */
  #unread: readonly number[];
  #read = 0;
  #last = 0;
  /** The tokens drawn. */
  readonly #tokens: number[] = [];
  /** The text drawn so far, if it may end at a string. */
  readonly #stream: TextStream | undefined;
  readonly #stops: StopStrings;
  #text = "";

  constructor(index: number, desk: Desk) {
    this.index = index;
    this.sequence = desk.sequence;
    this.#desk = desk;
    const { drawing, tokenizer, decoder } = desk;
    this.#remembers = drawing.slides || drawing.repetitionPenalty !== 1;
    this.#unread = drawing.prompt;
    this.#stops = new StopStrings(drawing.stop);
    this.#stream = drawing.stop.length === 0 ? undefined : tokenizer.stream();
    decoder.begin(this.sequence);
  }

  /** The tokens that the model sees, for running text, or if repetition is penalized. */
  get context(): readonly number[] {
    return this.#context;
  }

  /** Number of tokens drawn. */
  get drawn(): number {
    return this.#tokens.length;
  }

  /** True if the model has read everything, so that a token can be drawn. */
  get isRead(): boolean {
    return this.#read === this.#unread.length;
  }

  /** The next token for the model to read. */
  read(): number {
    const token = this.isRead ? this.#last : (this.#unread[this.#read++] as number);
    if (this.#remembers) this.#context.push(token);
    return token;
  }

  /** Adds a drawn token, and returns true if the text continues. */
  add(token: number): boolean {
    const { decoder, blockSize, tokenizer, drawing } = this.#desk;
    if (token === tokenizer.bos && this.drawn >= drawing.openings) return false;
    this.#tokens.push(token);
    if (this.#stream !== undefined) this.#text += this.#stops.push(this.#stream.push(token));
    if (this.#stops.found || this.#tokens.length === drawing.limit) return false;
    this.#last = token;
    if (this.#context.length === blockSize) {
      // Only running text gets here: it begins a fresh context, as `sliding` does.
      this.#unread = [...lastTokens(this.#context, keptTokens(blockSize) - 1), token];
      this.#read = 0;
      this.#context = [];
      decoder.begin(this.sequence);
    }
    return true;
  }

  /** The finished text. */
  text(): string {
    if (this.#stream === undefined) return this.#desk.tokenizer.decode(this.#tokens);
    return this.#text + this.#stops.push(this.#stream.end()) + this.#stops.end();
  }
}
