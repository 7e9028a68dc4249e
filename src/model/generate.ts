import type { Tokenizer } from "../data/tokenizer.ts";
import { checkAbove, checkInteger } from "../util/checks.ts";
import { MicrogptError } from "../util/errors.ts";
import type { Random } from "../util/random.ts";
import type { GPTConfig } from "./config.ts";

/** What generation needs of a model, whichever engine runs it. */
export interface LanguageModel {
  readonly config: GPTConfig;
  /** Begins a sequence: each call takes the next token and gives the logits (V) of the one after it. */
  decoder(): (token: number) => ArrayLike<number>;
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
  const { random, temperature = 0.5, start = "", maxNewTokens = Infinity } = options;
  checkAbove("generate", "temperature", temperature, 0);
  if (maxNewTokens !== Infinity) checkInteger("generate", "max_new_tokens", maxNewTokens, { min: 1 });
  const prompt = [tokenizer.bos, ...tokenizer.encode(start)];
  const room = model.config.blockSize - (prompt.length - 1);
  if (room < 1) {
    throw new MicrogptError({
      operation: "generate",
      expected: `a start of fewer than ${model.config.blockSize} tokens, the model's block_size`,
      got: `${prompt.length - 1}`,
      fix: "shorten it",
    });
  }

  const next = model.decoder();
  let logits: ArrayLike<number> = [];
  for (const token of prompt) logits = next(token);
  for (let n = 1; ; n++) {
    const token = random.choice(probabilities(logits, temperature));
    if (token === tokenizer.bos) return;
    yield tokenizer.decode([token]);
    if (n >= Math.min(room, maxNewTokens)) return;
    logits = next(token);
  }
}

/** One document as a whole, its start included. Options and errors are those of `generate`. */
export function sample(model: LanguageModel, tokenizer: Tokenizer, options: GenerateOptions): string {
  return [options.start ?? "", ...generate(model, tokenizer, options)].join("");
}

/**
 * softmax(logits / temperature), with the largest logit taken off first so that no temperature overflows. Errors: a
 * logit that is NaN or Infinity, as a model gives whose training diverged.
 */
export function probabilities(logits: ArrayLike<number>, temperature: number): number[] {
  const all = Array.from(logits);
  const max = all.reduce((most, logit) => Math.max(most, logit), -Infinity);
  if (!Number.isFinite(max)) {
    const fix = "the model has diverged: train again with a lower learning_rate";
    throw new MicrogptError({ operation: "generate", expected: "finite logits", got: `${max}`, fix });
  }
  const exps = all.map((logit) => Math.exp((logit - max) / temperature));
  const total = exps.reduce((sum, x) => sum + x, 0);
  return exps.map((x) => x / total);
}
