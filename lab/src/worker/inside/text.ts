import { type Checkpoint, MicrogptError } from "microgpt";

/** A text as the model reads it. */
export interface Read {
  readonly tokens: readonly number[];
  /** Tokens of the text that do not fit into the context. */
  readonly leftOut: number;
}

/**
 * A document follows BOS and is read from its beginning, as in training. Running text has no BOS, and its end is read,
 * as in generation. Errors: text that the vocabulary cannot spell; running text without a character.
 */
export function readText({ model, tokenizer, mode = "documents" }: Checkpoint, text: string): Read {
  const { blockSize } = model.config;
  const ids = tokenizer.encode(text);
  if (mode === "documents") {
    const tokens = [tokenizer.bos, ...ids.slice(0, blockSize - 1)];
    return { tokens, leftOut: ids.length - (tokens.length - 1) };
  }
  if (ids.length > 0) return { tokens: ids.slice(-blockSize), leftOut: Math.max(0, ids.length - blockSize) };
  throw new MicrogptError({
    code: "length",
    operation: "look inside",
    expected: "a character or more, since running text begins with no BOS",
    got: "none",
    fix: "type one",
  });
}
