/** A text made one token at a time, by people and by the model: what was taken, and what may come next. */

import { type Checkpoint, type Ending, generate, Random } from "microgpt";
import { optionsOf, type Sampling } from "./write.ts";

/** A prompt, how tokens are drawn after it, and those that were taken. */
export interface Led extends Sampling {
  readonly tokens: readonly number[];
  /** The taken token, from 0, to look back at. Default the last. */
  readonly at?: number;
}

/** A token that may come next. */
export interface Option {
  readonly token: number;
  /** As it is drawn: with temperature, filters and penalty; 0 if it cannot be. */
  readonly probability: number;
  /** As the model gives it. */
  readonly own: number;
}

/** A token that was taken, with its probabilities then. */
export interface Taken extends Option {
  /** 1 for the likeliest. */
  readonly rank: number;
}

export interface Look {
  /** Of the prompt. */
  readonly prompt: readonly number[];
  readonly taken: readonly Taken[];
  /** All tokens, the likeliest first; undefined when the text is at its end. */
  readonly next?: readonly Option[];
  readonly ending?: Ending;
  /** What the token that is looked back at was taken from. */
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

/** What comes after the taken tokens when the model draws. */
export function drawNext(checkpoint: Checkpoint, led: Led, nth: number): number {
  const weights = follow(checkpoint, led).steps[led.tokens.length];
  if (weights === undefined) return checkpoint.tokenizer.bos;
  const random = new Random(led.seed);
  for (let i = 0; i < nth; i++) random.random();
  return random.choice(weights);
}

/** The distribution that the loss is about. */
const AS_IT_IS = { temperature: 1, repetitionPenalty: 1, topK: undefined, topP: undefined } as const;

interface Followed {
  /** Probabilities (V) before each of the taken tokens, and after the last one. */
  readonly steps: readonly Float64Array[];
  readonly ending?: Ending;
}

/** `generate` with draws that are settled beforehand: it decides what the model reads, filters, and when a text ends. */
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

/** Draws what it was given, then BOS, and keeps what it was to draw from. */
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

/** The likeliest first; of those that cannot be drawn, those that the model thinks likelier. */
function inOrder(drawn: ArrayLike<number>, own: ArrayLike<number>): Option[] {
  return Array.from(drawn, (probability, token): Option => ({ token, probability, own: own[token] ?? 0 })).sort(
    (a, b) => b.probability - a.probability || b.own - a.own || a.token - b.token,
  );
}
