import { type MicrogptError, mistake } from "../util/errors.ts";
import { say, set } from "../util/words.ts";

/**
 * Documents as one list of R rows, one for each token, with the data that `gpt()` and the loss need. Each list is (R).
 */
export interface Packed<List = readonly number[]> {
  readonly tokens: List;
  /** The next token of each row. */
  readonly targets: List;
  /** Each row's position in its document. */
  readonly positions: List;
  /** The first row of its document. */
  readonly starts: List;
  /** One past the last row that it may see, which is itself. */
  readonly ends: List;
  /** The weight of each row's loss: 1 / R, so that their sum is the mean over all rows. */
  readonly weights: List;
}

/**
 * Concatenates documents (tokens, BOS at both ends) without padding: each gives a row for every token but its last, at
 * most blockSize of them. Errors: no document, one of fewer than two tokens.
 */
export function pack(documents: readonly (readonly number[])[], blockSize: number): Packed {
  const most = documents.reduce((rows, document) => rows + Math.min(blockSize, document.length), 0);
  const list = (): Float32Array => new Float32Array(most);
  const lists = { tokens: list(), targets: list(), positions: list(), starts: list(), ends: list(), weights: list() };
  const rows = packInto(lists, documents, blockSize);
  const taken = (numbers: Float32Array): number[] => Array.from(numbers.subarray(0, rows));
  return {
    tokens: taken(lists.tokens),
    targets: taken(lists.targets),
    positions: taken(lists.positions),
    starts: taken(lists.starts),
    ends: taken(lists.ends),
    weights: Array.from({ length: rows }, () => 1 / rows), // in full precision
  };
}

/**
 * `pack` into the beginning of existing lists; returns R. Weights are 1 / `total` if these rows are only part of a step
 * of `total` rows. Accepts only float32, which holds whole numbers up to 2^24 exactly: with a second kind of list V8
 * makes this loop several times as slow.
 */
export function packInto(
  { tokens, targets, positions, starts, ends, weights }: Packed<Float32Array>,
  documents: readonly (readonly number[])[],
  blockSize: number,
  total?: number,
): number {
  if (documents.length === 0) throw complaint("at least one document", "none", "pass one");
  let row = 0;
  for (const document of documents) {
    const first = row;
    const length = rowsOf(document, blockSize);
    for (let t = 0; t < length; t++, row++) {
      tokens[row] = document[t] as number;
      targets[row] = document[t + 1] as number;
      positions[row] = t;
      starts[row] = first;
      ends[row] = row + 1;
    }
  }
  const weight = 1 / (total ?? row);
  for (let r = 0; r < row; r++) weights[r] = weight;
  return row;
}

/** The R of packed documents. Errors: those of `pack`. */
export function countRows(documents: readonly (readonly number[])[], blockSize: number): number {
  if (documents.length === 0) throw complaint("at least one document", "none", "pass one");
  return documents.reduce((rows, document) => rows + rowsOf(document, blockSize), 0);
}

function rowsOf({ length }: readonly number[], blockSize: number): number {
  if (length < 2) throw complaint("at least 2 tokens", `${length}`, "add BOS at both ends");
  return Math.min(blockSize, length - 1);
}

/** Splits a step's documents into consecutive parts of equal size. Errors: the parts would not be equal. */
export function partsOf<Document>(documents: readonly Document[], count: number): (readonly Document[])[] {
  if (count === 1) return [documents];
  const size = documents.length / count;
  if (!Number.isInteger(size)) {
    throw mistake(
      "conflict",
      "train",
      say`a number of documents divisible by ${set("gradientAccumulationSteps")}, ${count}`,
      `${documents.length}`,
      "pass a multiple of it",
    );
  }
  return Array.from({ length: count }, (_, i) => documents.slice(i * size, (i + 1) * size));
}

function complaint(expected: string, got: string, fix: string): MicrogptError {
  return mistake("length", "loss", expected, got, fix);
}
