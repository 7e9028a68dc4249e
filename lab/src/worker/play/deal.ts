/** A round of the guessing game: an unseen text, and the model's guesses. */

import { type Checkpoint, log, MicrogptError, probabilities, Random } from "microgpt";
import type { Texts } from "./data.ts";

export interface Turn {
  /** The actual next token. */
  readonly token: number;
  /** The model's probability for it. */
  readonly probability: number;
  /** The model's likeliest token. */
  readonly guess: number;
  readonly guessProbability: number;
}

export interface Deal {
  /** Source of the text: training data if none was held out. */
  readonly from: "val" | "train";
  /** Tokens that both see before the first turn. */
  readonly given: readonly number[];
  readonly turns: readonly Turn[];
  /** The reason why no more turns follow: the document ends, the context is full, or the limit is reached. */
  readonly end: "document" | "context" | "enough";
  /** The loss of uniform guessing: ln V, in nats. */
  readonly blind: number;
}

/** More would be tedious. */
const MOST_TURNS = 32;
/** For running text: maximum number of tokens before the first turn. */
const MOST_GIVEN = 48;

/**
 * Round `round`, from 0, of those of `seed`. Errors: an invalid seed, texts without a document that the tokenizer can
 * spell.
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
    throw new MicrogptError({
      code: "no-data",
      operation: "game",
      expected: "a text to guess",
      got: "none",
      fix: "use more text",
    });
  }
  const given = mode === "documents" ? 1 : Math.min(Math.ceil(blockSize / 2), MOST_GIVEN, tokens.length - 1);
  // The model's input at the last turn has to fit into the context.
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

/**
 * A number of characters from a relative position between 0 and 1, moved back to the beginning of a line or character.
 */
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
