import { type Checkpoint, Random, sample } from "microgpt";

/** Number of documents written at a time, and of tokens of running text. */
const TEXTS = 5;
const STREAM_TOKENS = 160;

/** A few texts of the model, from a random stream of their own. */
export function drawTexts({ model, tokenizer, mode = "documents" }: Checkpoint, seed: number): string[] {
  const random = new Random(seed);
  const count = mode === "documents" ? TEXTS : 1;
  return Array.from({ length: count }, () =>
    sample(model, tokenizer, { random, mode, ...(mode === "stream" && { maxNewTokens: STREAM_TOKENS }) }),
  );
}
