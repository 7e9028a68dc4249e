import type { VisibleDevice } from "../backend/backend.ts";
import type { Program } from "../compile/compile.ts";
import type { GPTConfig } from "../model/config.ts";
import { stepKey } from "../model/dropout.ts";
import { type Packed, packInto } from "../model/pack.ts";
import { checkIds } from "../tensor/ids.ts";
import { mistake } from "../util/errors.ts";
import { hash24 } from "../util/hash.ts";

/** The rows of a program that takes whole documents (step-graph.ts): what the host writes before a run. */
export class BatchRows {
  readonly #config: GPTConfig;
  readonly #maxRows: number;
  readonly #lists: Packed<Float32Array>;
  readonly #keys: Float32Array | undefined;

  constructor(config: GPTConfig, program: Program, device: VisibleDevice) {
    const { inputs, maxRows } = program;
    this.#config = config;
    this.#maxRows = maxRows;
    const view = (name: string): Float32Array => device.view(program, name);
    this.#lists = {
      tokens: view("tokens"),
      targets: view("targets"),
      positions: view("positions"),
      starts: view("starts"),
      ends: view("ends"),
      weights: view("row_weights"),
    };
    this.#keys = inputs.has("keys") ? view("keys") : undefined;
  }

  /**
   * Lays documents out, which may be a part of `total` rows; gives R. Errors: an id outside the vocabulary, more rows
   * than there is room for, those of `pack`.
   */
  place(documents: readonly (readonly number[])[], total?: number): number {
    const { vocabSize, blockSize } = this.#config;
    // The kernels trust ids: one that is out of range would read some other memory.
    for (const document of documents) checkTokens(document, vocabSize);
    return checkRows(packInto(this.#lists, documents, blockSize, total), this.#maxRows);
  }

  /** Gives the rows their keys, if the program knows dropout; the first of them is number `first` of its step. */
  draw(seed: number, step: number, first: number, rows: number): void {
    const keys = this.#keys;
    if (keys === undefined) return;
    const key = stepKey(seed, step);
    for (let r = 0; r < rows; r++) keys[r] = hash24(key, first + r);
  }
}

/** Passes a number of rows on that there is room for. */
export function checkRows(rows: number, maxRows: number): number {
  if (rows <= maxRows) return rows;
  const expected = `at most ${maxRows} tokens at once, the maxRows that was asked for`;
  const fix = "pass fewer documents, or a larger maxRows";
  throw mistake("length", "loss", expected, `${rows}`, fix);
}

function checkTokens(document: readonly number[], vocabSize: number): void {
  for (const id of document) {
    if (!(Number.isInteger(id) && id >= 0 && id < vocabSize)) checkIds("embedding", document, vocabSize);
  }
}
