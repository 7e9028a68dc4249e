import { type MicrogptError, mistake } from "../util/errors.ts";

/** Documents as one list of R rows, a token each, with what `gpt()` and the loss must know of them. Each list is (R). */
export interface Packed<List = readonly number[]> {
  readonly tokens: List;
  /** The token after each. */
  readonly targets: List;
  /** Each row's place in its document. */
  readonly positions: List;
  /** The first row of its document. */
  readonly starts: List;
  /** One past the last row that it may see, which is itself. */
  readonly ends: List;
  /** How much each row's loss counts: 1 / R, which makes their sum the mean over all rows. */
  readonly weights: List;
}

/**
 * Lays documents (tokens, BOS at both ends) end to end, without padding: each gives a row for every token but its last,
 * at most blockSize of them. Errors: no document, one of fewer than two tokens.
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
 * `pack` into lists that are there already, from their beginning on; gives R. Weights are 1 / `total` where these rows
 * are only a part of so many. Only lists of one kind, float32, which holds whole numbers up to 2^24 exactly: with another
 * kind as well, V8 makes this loop several times as slow.
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

/** R of documents that are packed. Errors: those of `pack`. */
export function countRows(documents: readonly (readonly number[])[], blockSize: number): number {
  if (documents.length === 0) throw complaint("at least one document", "none", "pass one");
  return documents.reduce((rows, document) => rows + rowsOf(document, blockSize), 0);
}

function rowsOf({ length }: readonly number[], blockSize: number): number {
  if (length < 2) throw complaint("at least 2 tokens", `${length}`, "add BOS at both ends");
  return Math.min(blockSize, length - 1);
}

/** So many parts of a step's documents, as they follow each other. Errors: parts that would not have equally many. */
export function partsOf<Document>(documents: readonly Document[], count: number): (readonly Document[])[] {
  const size = documents.length / count;
  if (!Number.isInteger(size)) {
    throw mistake(
      "conflict",
      "train",
      `a number of documents that gradient_accumulation_steps, ${count}, divides`,
      `${documents.length}`,
      "pass a multiple of it",
    );
  }
  return Array.from({ length: count }, (_, i) => documents.slice(i * size, (i + 1) * size));
}

function complaint(expected: string, got: string, fix: string): MicrogptError {
  return mistake("length", "loss", expected, got, fix);
}
