import type { Tokenizer } from "../data/tokenizer.ts";
import { checkAbove, checkInteger } from "../util/checks.ts";
import { MicrogptError } from "../util/errors.ts";
import type { Random } from "../util/random.ts";
import type { GPTConfig } from "./config.ts";

/** What generation needs of a model, whichever engine runs it. */
export interface LanguageModel {
  readonly config: GPTConfig;
  /**
   * Begins a sequence: each call takes the next token and gives the logits (V) of the one after it, to be read before
   * the next call.
   */
  decoder(): (token: number) => ArrayLike<number>;
  /**
   * Begins a sequence with a prompt: each call takes the next token and gives the probabilities (V) of the one after
   * it, to be read before the next call. For engines that are faster at it than `decoder` and `probabilities`.
   */
  predictor?(prompt: readonly number[], temperature: number): (token: number) => ArrayLike<number>;
  /** Sequences that go on together, where the engine can; only the last one taken may be used. */
  batchDecoder?(temperature: number): BatchDecoder;
}

/** Sequences, numbered from 0, that go on together. */
export interface BatchDecoder {
  /** How many there are. */
  readonly sequences: number;
  /** Begins a sequence anew. */
  begin(sequence: number): void;
  /**
   * Takes the next token of each of the R sequences that are named, and gives the probabilities (R, V) of the ones after
   * them, to be read before the next call.
   */
  next(sequences: readonly number[], tokens: readonly number[]): ArrayLike<number>;
}

export interface GenerateOptions {
  readonly random: Random;
  /** Divides the logits: towards 0 the likeliest token always, above 1 bolder. Default 0.5. */
  readonly temperature?: number;
  /** Text that the document begins with. Default none. */
  readonly start?: string;
  /** Most tokens to add; a document ends at the latest when the context (blockSize) is full. */
  readonly maxNewTokens?: number;
}

/**
 * Writes one document, token by token, until the model ends it with BOS; yields each piece of text after the start as
 * it is drawn. The draws are those of microgpt.py. Errors: a temperature that is not above 0, a start that the
 * vocabulary cannot spell or that fills the context.
 */
export function* generate(
  model: LanguageModel,
  tokenizer: Tokenizer,
  options: GenerateOptions,
): Generator<string, void> {
  const draw = drawer(model, tokenizer, checkOptions(model, tokenizer, options));
  for (let token = draw(); token !== undefined; token = draw()) yield tokenizer.decode([token]);
}

/** One document as a whole, its start included. Options and errors are those of `generate`. */
export function sample(model: LanguageModel, tokenizer: Tokenizer, options: GenerateOptions): string {
  const draw = drawer(model, tokenizer, checkOptions(model, tokenizer, options));
  const tokens: number[] = [];
  for (let token = draw(); token !== undefined; token = draw()) tokens.push(token);
  return (options.start ?? "") + tokenizer.decode(tokens);
}

/** Options with their defaults, and what follows from them. */
export interface Drawing {
  readonly random: Random;
  readonly temperature: number;
  /** BOS and the start. */
  readonly prompt: readonly number[];
  /** Most tokens to draw. */
  readonly limit: number;
}

export function checkOptions(
  { config: { blockSize } }: LanguageModel,
  tokenizer: Tokenizer,
  { random, temperature = 0.5, start = "", maxNewTokens = Infinity }: GenerateOptions,
): Drawing {
  checkAbove("generate", "temperature", temperature, 0);
  if (maxNewTokens !== Infinity) checkInteger("generate", "max_new_tokens", maxNewTokens, { min: 1 });
  const prompt = start === "" ? [tokenizer.bos] : [tokenizer.bos, ...tokenizer.encode(start)];
  const room = blockSize - (prompt.length - 1);
  if (room < 1) {
    throw new MicrogptError({
      operation: "generate",
      expected: `a start of fewer than ${blockSize} tokens, the model's block_size`,
      got: `${prompt.length - 1}`,
      fix: "shorten it",
    });
  }
  return { random, temperature, prompt, limit: Math.min(room, maxNewTokens) };
}

/** Draws the next token at each call, until there is none; computes nothing before it is asked. */
function drawer(
  model: LanguageModel,
  { bos }: Tokenizer,
  { random, temperature, prompt, limit }: Drawing,
): () => number | undefined {
  let next: ((token: number) => ArrayLike<number>) | undefined;
  let drawn = 0;
  let last = prompt.at(-1) ?? bos;
  return () => {
    if (drawn === limit) return undefined;
    next ??= predictorOf(model, prompt.slice(0, -1), temperature);
    last = random.choice(next(last));
    drawn = last === bos ? limit : drawn + 1;
    return last === bos ? undefined : last;
  };
}

/** The `predictor` of a model, made of its `decoder` if it has none. */
export function predictorOf(
  model: LanguageModel,
  prompt: readonly number[],
  temperature: number,
): (token: number) => ArrayLike<number> {
  if (model.predictor !== undefined) return model.predictor(prompt, temperature);
  const next = model.decoder();
  for (const token of prompt) next(token);
  const weights = new Float64Array(model.config.vocabSize);
  return (token) => probabilitiesInto(weights, next(token), temperature);
}

/**
 * softmax(logits / temperature), with the largest logit taken off first so that no temperature overflows. Errors: a
 * logit that is NaN or Infinity, as a model gives whose training diverged.
 */
export function probabilities(logits: ArrayLike<number>, temperature: number): number[] {
  return Array.from(probabilitiesInto(new Float64Array(logits.length), logits, temperature));
}

/** The same into an array that is there already. */
function probabilitiesInto(into: Float64Array, logits: ArrayLike<number>, temperature: number): Float64Array {
  const count = into.length;
  let max = -Infinity;
  for (let i = 0; i < count; i++) if ((logits[i] as number) > max) max = logits[i] as number;
  let total = 0;
  for (let i = 0; i < count; i++) {
    const weight = Math.exp(((logits[i] as number) - max) / temperature);
    into[i] = weight;
    total += weight;
  }
  // A single NaN makes the sum one.
  if (!(Number.isFinite(max) && Number.isFinite(total))) throw diverged(Number.isFinite(max) ? total : max);
  for (let i = 0; i < count; i++) into[i] = (into[i] as number) / total;
  return into;
}

export function diverged(got: number): MicrogptError {
  const fix = "the model has diverged: train again with a lower learning_rate";
  return new MicrogptError({ operation: "generate", expected: "finite logits", got: `${got}`, fix });
}
