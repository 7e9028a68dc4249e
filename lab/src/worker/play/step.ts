/** A text made one token at a time, by the user and by the model: the tokens taken, and the candidates for the next. */

import { type Checkpoint, type Ending, generate, Random } from "microgpt";
import { optionsOf, type Sampling } from "./write.ts";

/** A prompt, the sampling settings, and the tokens taken. */
export interface Led extends Sampling {
  readonly tokens: readonly number[];
  /** The taken token to look back at, from 0. Default the last. */
  readonly at?: number;
}

/** A candidate for the next token. */
export interface Option {
  readonly token: number;
  /** With temperature, filters and penalty; 0 if it cannot be drawn. */
  readonly probability: number;
  /** The model's own probability. */
  readonly own: number;
}

/** A token that was taken, with its probabilities at the time. */
export interface Taken extends Option {
  /** 1 for the likeliest. */
  readonly rank: number;
}

export interface Look {
  /** The prompt's tokens. */
  readonly prompt: readonly number[];
  readonly taken: readonly Taken[];
  /** All tokens, likeliest first; undefined at the end of the text. */
  readonly next?: readonly Option[];
  readonly ending?: Ending;
  /** The alternatives to the token that is looked back at. */
  readonly before?: readonly Option[];
  /** The text so far, the prompt included. */
  readonly text: string;
}

/** Errors: those of `generate`, a token outside the vocabulary. */
export function look(checkpoint: Checkpoint, led: Led): Look {
  const { tokenizer } = checkpoint;
  const { tokens, prompt } = led;
  const [drawn, own] = [follow(checkpoint, led), follow(checkpoint, { ...led, ...AS_IT_IS })];
  const options = (step: number): Option[] => inOrder(drawn.steps[step] ?? [], own.steps[step] ?? []);
  const taken = tokens.map((token, step): Taken => {
    const all = options(step);
    const rank = all.findIndex((option) => option.token === token);
    return { ...(all[rank] ?? { token, probability: 0, own: 0 }), rank: rank + 1 };
  });
  const at = led.at ?? tokens.length - 1;
  const { ending } = drawn;
  return {
    prompt: prompt === "" ? [] : tokenizer.encode(prompt),
    taken,
    ...(at >= 0 && { before: options(at) }),
    ...(ending === undefined ? { next: options(tokens.length) } : { ending }),
    text: prompt + tokenizer.decode(tokens),
  };
}

/** The model's draw after the taken tokens. */
export function drawNext(checkpoint: Checkpoint, led: Led, nth: number): number {
  const weights = follow(checkpoint, led).steps[led.tokens.length];
  if (weights === undefined) return checkpoint.tokenizer.bos;
  const random = new Random(led.seed);
  for (let i = 0; i < nth; i++) random.random();
  return random.choice(weights);
}

/** The distribution behind the loss. */
const AS_IT_IS = { temperature: 1, repetitionPenalty: 1, topK: undefined, topP: undefined } as const;

interface Followed {
  /** Probabilities (V) before each taken token, and after the last one. */
  readonly steps: readonly Float64Array[];
  readonly ending?: Ending;
}

/** Runs `generate` with predetermined draws; it decides what the model reads, filters, and when a text ends. */
function follow(checkpoint: Checkpoint, { tokens, ...sampling }: Led): Followed {
  const { model, tokenizer } = checkpoint;
  const random = new Settled(tokens, tokenizer.bos);
  let why: Ending | undefined;
  const onEnd = (ending: Ending): void => {
    why = ending;
  };
  const options = optionsOf({ ...sampling, maxNewTokens: tokens.length + 1 }, checkpoint);
  for (const _ of generate(model, tokenizer, { ...options, random, onEnd }));
  const ended = random.steps.length <= tokens.length;
  return { steps: random.steps, ...(ended && why && { ending: why }) };
}

/** Draws the given tokens, then BOS, and records the distributions. */
class Settled extends Random {
  readonly steps: Float64Array[] = [];
  readonly #tokens: readonly number[];
  readonly #bos: number;

  constructor(tokens: readonly number[], bos: number) {
    super(0);
    this.#tokens = tokens;
    this.#bos = bos;
  }

  override choice(weights: ArrayLike<number>): number {
    return this.#tokens[this.steps.push(Float64Array.from(weights)) - 1] ?? this.#bos;
  }
}

/** Likeliest first; among tokens that cannot be drawn, the model's own probability decides. */
function inOrder(drawn: ArrayLike<number>, own: ArrayLike<number>): Option[] {
  return Array.from(drawn, (probability, token): Option => ({ token, probability, own: own[token] ?? 0 })).sort(
    (a, b) => b.probability - a.probability || b.own - a.own || a.token - b.token,
  );
}
