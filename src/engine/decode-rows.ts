import type { VisibleDevice } from "../backend/backend.ts";
import type { Program } from "../compile/compile.ts";

/** The rows of a decoding program (decode-graph.ts): the inputs for each token, written before a run. */
export class Rows {
  readonly #device: VisibleDevice;
  readonly #program: Program;
  readonly #tokens: Float32Array;
  readonly #positions: Float32Array;
  readonly #slots: Float32Array;
  readonly #starts: Float32Array;
  readonly #ends: Float32Array;

  constructor(program: Program, device: VisibleDevice) {
    const { inputs, maxRows } = program;
    // A program without logits may not use the ranges that its rows see.
    const list = (name: string): Float32Array =>
      inputs.has(name) ? device.view(program, name) : new Float32Array(maxRows);
    this.#device = device;
    this.#program = program;
    this.#tokens = list("tokens");
    this.#positions = list("positions");
    this.#slots = list("slots");
    this.#starts = list("starts");
    this.#ends = list("ends");
  }

  /** Row r is a token at a position of the sequence whose slots begin at `start`. */
  place(r: number, token: number, position: number, start: number): void {
    this.#tokens[r] = token;
    this.#positions[r] = position;
    this.#slots[r] = start + position;
    this.#starts[r] = start;
    this.#ends[r] = start + position + 1;
  }

  run(rows: number): void {
    this.#device.run(this.#program, rows);
  }
}
