import { MicrogptError } from "../util/errors.ts";

/** Documents as one list of R rows, a token each, with what `gpt()` and the loss must know of them. Each list is (R). */
export interface Packed {
  readonly tokens: readonly number[];
  /** The token after each. */
  readonly targets: readonly number[];
  /** Each row's place in its document. */
  readonly positions: readonly number[];
  /** The first row of its document. */
  readonly starts: readonly number[];
  /** One past the last row that it may see, which is itself. */
  readonly ends: readonly number[];
  /** How much each row's loss counts: 1 / R, which makes their sum the mean over all rows. */
  readonly weights: readonly number[];
}

/**
 * Lays documents (tokens, BOS at both ends) end to end, without padding: each gives a row for every token but its last,
 * at most blockSize of them. Errors: no document, one of fewer than two tokens.
 */
export function pack(documents: readonly (readonly number[])[], blockSize: number): Packed {
  if (documents.length === 0) throw complaint("at least one document", "none", "pass one");
  for (const { length } of documents) {
    if (length < 2) throw complaint("at least 2 tokens", `${length}`, "add BOS at both ends");
  }
  const cut = documents.map((document) => document.slice(0, blockSize + 1));
  const positions = cut.flatMap((document) => document.slice(1).map((_, t) => t));
  return {
    tokens: cut.flatMap((document) => document.slice(0, -1)),
    targets: cut.flatMap((document) => document.slice(1)),
    positions,
    starts: positions.map((t, row) => row - t),
    ends: positions.map((_, row) => row + 1),
    weights: positions.map(() => 1 / positions.length),
  };
}

function complaint(expected: string, got: string, fix: string): MicrogptError {
  return new MicrogptError({ operation: "loss", expected, got, fix });
}
