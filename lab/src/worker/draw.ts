import { type Checkpoint, Random, sample, type Tokenizer } from "microgpt";

/** Documents that the model writes at a time, and tokens of running text. */
const TEXTS = 5;
const STREAM_TOKENS = 160;

/** A few texts of the model, by a random stream of their own; running text goes on from `start`. Default: from a line end. */
export function drawTexts(
  { model, tokenizer, mode = "documents" }: Checkpoint,
  seed: number,
  start: { readonly start?: string },
): string[] {
  const random = new Random(seed);
  const count = mode === "documents" ? TEXTS : 1;
  return Array.from({ length: count }, () =>
    sample(model, tokenizer, { random, mode, ...(mode === "stream" && { maxNewTokens: STREAM_TOKENS, ...start }) }),
  );
}

/** What running text can go on from where nothing is known but the tokens: a line end, or the first token. */
export function startIn(tokenizer: Tokenizer): { readonly start?: string } {
  try {
    tokenizer.encode("\n");
    return {};
  } catch {
    return { start: tokenizer.decode([0]) };
  }
}
