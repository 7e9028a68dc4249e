/** A round of the guessing game: a text that the model has not learned, and what it would have guessed. */

import { type Checkpoint, log, MicrogptError, probabilities, Random } from "microgpt";
import type { Texts } from "./data.ts";

export interface Turn {
  /** The token that comes. */
  readonly token: number;
  /** What the model gives it. */
  readonly probability: number;
  /** What the model thinks likeliest. */
  readonly guess: number;
  readonly guessProbability: number;
}

export interface Deal {
  /** Where the text is from: training data where none was held out. */
  readonly from: "val" | "train";
  /** Tokens that both see before the first turn. */
  readonly given: readonly number[];
  readonly turns: readonly Turn[];
  /** Why there is no turn more: the document is over, the context is full, or it is enough. */
  readonly end: "document" | "context" | "enough";
  /** What is paid by who knows nothing: ln V, in nats. */
  readonly blind: number;
}

/** More are no longer a game. */
const MOST_TURNS = 32;
/** Of running text, most tokens before the first turn. */
const MOST_GIVEN = 48;

/**
 * Round `round`, from 0, of those that `seed` begins. Errors: a seed that is none, texts without a document that the
 * tokenizer can spell.
 */
export function deal({ model, tokenizer }: Checkpoint, { mode, train, val }: Texts, seed: number, round: number): Deal {
  const random = new Random(seed);
  for (let i = 0; i < round; i++) random.random();
  const place = random.random();
  const from = val.length > 0 ? "val" : "train";
  const texts = from === "val" ? val : train;
  const { blockSize, vocabSize } = model.config;
  const tokens =
    mode === "documents"
      ? tokenizer.encodeDocument(texts[Math.floor(place * texts.length)] ?? "")
      : tokenizer.encode(stretch(texts, place, blockSize * 16));
  if (tokens.length < 2) {
    throw new MicrogptError({ operation: "game", expected: "a text to guess", got: "none", fix: "use more text" });
  }
  const given = mode === "documents" ? 1 : Math.min(Math.ceil(blockSize / 2), MOST_GIVEN, tokens.length - 1);
  // What the model reads before the last turn has to fit into the context.
  const room = Math.min(blockSize - given + 1, MOST_TURNS);
  const turns = Math.min(room, tokens.length - given);
  const next = model.decoder();
  const chances = tokens.slice(0, given + turns - 1).map((token) => probabilities(next(token), 1));
  const whole = mode === "documents" && given + turns === tokens.length;
  return {
    from,
    given: mode === "documents" ? [] : tokens.slice(0, given),
    turns: tokens.slice(given, given + turns).map((token, i) => turnOf(token, chances[given - 1 + i] ?? [])),
    end: whole ? "document" : turns === MOST_TURNS ? "enough" : "context",
    blind: log(vocabSize),
  };
}

function turnOf(token: number, chances: readonly number[]): Turn {
  const guess = chances.reduce((best, chance, id) => (chance > (chances[best] ?? 0) ? id : best), 0);
  return { token, probability: chances[token] ?? 0, guess, guessProbability: chances[guess] ?? 0 };
}

/** So many characters from a place between 0 and 1 on, or from the line or the character that begins before it. */
function stretch(texts: readonly string[], place: number, length: number): string {
  let at = Math.floor(place * texts.reduce((sum, text) => sum + text.length, 0));
  let text = "";
  for (text of texts) {
    if (at < text.length) break;
    at -= text.length;
  }
  // Not so near to the end that little is left.
  const from = Math.max(0, Math.min(at, text.length - length));
  const line = text.lastIndexOf("\n", from) + 1;
  const begin = from - line <= length ? line : from;
  const isHalf = /^[\uDC00-\uDFFF]/.test(text.charAt(begin));
  return text.slice(isHalf ? begin - 1 : begin, begin + length);
}
