import { type Checkpoint, MicrogptError } from "microgpt";

/** Maximum number of windows of a running text. */
const MOST = 8;

/**
 * Texts as a batch of training: documents between BOS and BOS, a running text as consecutive windows of blockSize + 1
 * tokens. Skips texts that the vocabulary cannot spell, which may occur among held-out ones. Errors: none is left.
 */
export function batchOf(
  { model, tokenizer, mode = "documents" }: Checkpoint,
  texts: readonly string[],
): (readonly number[])[] {
  const spelled = texts.flatMap((text) => {
    try {
      return [tokenizer.encode(text)];
    } catch (error) {
      if (error instanceof MicrogptError) return [];
      throw error;
    }
  });
  const { blockSize } = model.config;
  const batch =
    mode === "documents"
      ? spelled.map((ids) => [tokenizer.bos, ...ids, tokenizer.bos])
      : spelled.flatMap((ids) => windows(ids, blockSize)).slice(0, MOST);
  if (batch.length > 0) return batch;
  throw new MicrogptError({
    code: "character",
    operation: "gradient",
    expected: "a text in the model's alphabet",
    got: `none among ${texts.length}`,
    fix: "look at the weights instead, or train on this data",
  });
}

function windows(ids: readonly number[], blockSize: number): number[][] {
  const count = Math.ceil((ids.length - 1) / blockSize);
  return Array.from({ length: Math.max(0, count) }, (_, i) => ids.slice(i * blockSize, (i + 1) * blockSize + 1));
}
