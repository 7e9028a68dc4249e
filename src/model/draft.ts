import type { TextStream, Tokenizer } from "../data/tokenizer.ts";
import { keptTokens, lastTokens } from "./context-window.ts";
import type { Drawing } from "./generate-options.ts";
import type { BatchDecoder } from "./language-model.ts";
import { StopStrings } from "./stop-strings.ts";

/** What one text is made with. */
export interface Desk {
  readonly decoder: BatchDecoder;
  /** Which of the decoder's sequences. */
  readonly sequence: number;
  readonly blockSize: number;
  readonly tokenizer: Tokenizer;
  readonly drawing: Drawing;
}

/** A text in the making, by one of the sequences that go on together. */
export class Draft {
  /** Which text it is. */
  readonly index: number;
  readonly sequence: number;
  readonly #desk: Desk;
  /** The tokens that the model sees, if anybody asks. */
  readonly #remembers: boolean;
  #context: number[] = [];
  /** The tokens that it is to read, how many of them it has read, and after them the last that was drawn. */
  #unread: readonly number[];
  #read = 0;
  #last = 0;
  /** The tokens that were drawn. */
  readonly #tokens: number[] = [];
  /** The text that was drawn so far, if it may end at a string. */
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

  /** The tokens that the model sees: of running text, or where repetition is penalized. */
  get context(): readonly number[] {
    return this.#context;
  }

  /** How many tokens were drawn. */
  get drawn(): number {
    return this.#tokens.length;
  }

  /** Whether the model has read all that there is, so that a token is to be drawn. */
  get isRead(): boolean {
    return this.#read === this.#unread.length;
  }

  /** The token that the model is to read next. */
  read(): number {
    const token = this.isRead ? this.#last : (this.#unread[this.#read++] as number);
    if (this.#remembers) this.#context.push(token);
    return token;
  }

  /** Takes the token that was drawn, and gives whether the text goes on. */
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

  /** The text that was drawn, when it is over. */
  text(): string {
    if (this.#stream === undefined) return this.#desk.tokenizer.decode(this.#tokens);
    return this.#text + this.#stops.push(this.#stream.end()) + this.#stops.end();
  }
}
