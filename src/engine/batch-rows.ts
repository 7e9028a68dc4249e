import type { Device } from "../backend/backend.ts";
import type { Program } from "../compile/compile.ts";
import type { GPTConfig } from "../model/config.ts";
import { stepKey } from "../model/dropout.ts";
import { type Packed, packInto } from "../model/pack.ts";
import { checkIds } from "../tensor/ids.ts";
import { mistake } from "../util/errors.ts";
import { hash24 } from "../util/hash.ts";

/** The rows of a program for whole documents (step-graph.ts): the inputs that the host writes before a run. */
export class BatchRows {
  readonly #config: GPTConfig;
  readonly #maxRows: number;
  readonly #lists: Packed<Float32Array>;
  readonly #keys: Float32Array | undefined;

  /** Lists that must be sent, since they are not where the program has them. */
  readonly #sent: readonly (readonly [name: string, list: Float32Array])[];
  readonly #device: Device;
  readonly #program: Program;

  constructor(config: GPTConfig, program: Program, device: Device) {
    const { inputs, maxRows } = program;
    this.#config = config;
    this.#maxRows = maxRows;
    this.#device = device;
    this.#program = program;
    const sent: [string, Float32Array][] = [];
    const list = (name: string): Float32Array => {
      // A model without positions, for one, has no use for them.
      if (!inputs.has(name)) return new Float32Array(maxRows);
      if (device.view !== undefined) return device.view(program, name);
      const own = new Float32Array(maxRows);
      sent.push([name, own]);
      return own;
    };
    this.#lists = {
      tokens: list("tokens"),
      targets: list("targets"),
      positions: list("positions"),
      starts: list("starts"),
      ends: list("ends"),
      weights: list("row_weights"),
    };
    this.#keys = inputs.has("keys") ? list("keys") : undefined;
    this.#sent = sent;
  }

  /** Sends the first rows to a device whose memory the host does not see. */
  send(rows: number): void {
    for (const [name, list] of this.#sent) this.#device.write(this.#program, name, list.subarray(0, rows));
  }

  /**
   * Writes documents, which may be part of `total` rows; returns R. Errors: an id outside the vocabulary, more rows
   * than there is room for, those of `pack`.
   */
  place(documents: readonly (readonly number[])[], total?: number): number {
    const { vocabSize, blockSize } = this.#config;
    // The kernels do not check ids: one out of range would read other memory.
    for (const document of documents) checkTokens(document, vocabSize);
    return checkRows(packInto(this.#lists, documents, blockSize, total), this.#maxRows);
  }

  /** Writes the rows' keys, if the program has dropout; the first of them is number `first` of its step. */
  draw(seed: number, step: number, first: number, rows: number): void {
    const keys = this.#keys;
    if (keys === undefined) return;
    const key = stepKey(seed, step);
    for (let r = 0; r < rows; r++) keys[r] = hash24(key, first + r);
  }
}

/** Returns a number of rows, if there is room for it. */
export function checkRows(rows: number, maxRows: number): number {
  if (rows <= maxRows) return rows;
  const expected = `at most ${maxRows} tokens at once, the given maxRows`;
  const fix = "pass fewer documents, or a larger maxRows";
  throw mistake("length", "loss", expected, `${rows}`, fix);
}

function checkTokens(document: readonly number[], vocabSize: number): void {
  for (const id of document) {
    if (!(Number.isInteger(id) && id >= 0 && id < vocabSize)) checkIds("embedding", document, vocabSize);
  }
}
