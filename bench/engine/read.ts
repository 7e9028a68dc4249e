/** Measures how fast this machine reads memory sequentially, the limit for generation with a large model. */

/** Sums 32-bit integers, 128 bytes an iteration: only loads, and few enough operations to keep up with them. */
export class Reader {
  readonly #numbers: Int32Array;
  readonly #sum: (end: number) => number;

  /** @param bytes how much to read, rounded down to whole turns */
  constructor(bytes: number) {
    const length = bytes - (bytes % TURN);
    const memory = new WebAssembly.Memory({ initial: Math.ceil(length / 65536) });
    this.#numbers = new Int32Array(memory.buffer, 0, length / 4);
    this.#numbers.forEach((_, i, numbers) => {
      numbers[i] = i;
    });
    const { sum } = new WebAssembly.Instance(new WebAssembly.Module(sumModule()), { env: { memory } }).exports;
    this.#sum = sum as (end: number) => number;
  }

  get bytes(): number {
    return this.#numbers.byteLength;
  }

  /** Reads all of it; returns the sum, modulo 2^32. */
  read(): number {
    return this.#sum(this.bytes);
  }

  /** The correct sum: 0 + 1 + ... + (n - 1). */
  get expected(): number {
    const n = BigInt(this.#numbers.length);
    return Number(BigInt.asIntN(32, (n * (n - 1n)) / 2n));
  }
}

const LOADS = 8;
const TURN = 16 * LOADS;

/**
 * `sum(end)`, one loop over a memory `env.memory`, assembled by hand. Local 0 is `end`, 1 the place, 2 and up the sums.
 */
function sumModule(): Uint8Array<ArrayBuffer> {
  const [i32, v128] = [0x7f, 0x7b];
  const [getLocal, setLocal, addI32, addI32x4] = [0x20, 0x21, [0x6a], [0xfd, 0xae, 0x01]];
  const load = (offset: number): number[] => [0xfd, 0x00, 0x04, offset];
  const sums = Array.from({ length: LOADS }, (_, k) => 2 + k);
  const turn = sums.flatMap((sum, k) => [getLocal, sum, getLocal, 1, ...load(16 * k), ...addI32x4, setLocal, sum]);
  const next = [getLocal, 1, 0x41, 0x80, 0x01, ...addI32, setLocal, 1]; // place += 128
  const again = [getLocal, 1, getLocal, 0, 0x49, 0x0d, 0]; // while place < end
  const together = sums.slice(1).flatMap((sum) => [getLocal, sum, ...addI32x4]);
  const lane = (n: number): number[] => [getLocal, 2, 0xfd, 0x1b, n];
  const lanes = [...lane(0), ...lane(1), ...addI32, ...lane(2), ...addI32, ...lane(3), ...addI32];
  const code = [
    ...[2, 1, i32, LOADS, v128],
    ...[0x03, 0x40, ...turn, ...next, ...again, 0x0b],
    ...[getLocal, 2, ...together, setLocal, 2, ...lanes, 0x0b],
  ];
  const text = (word: string): number[] => [word.length, ...new TextEncoder().encode(word)];
  const section = (id: number, bytes: number[]): number[] => [id, ...leb(bytes.length), ...bytes];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 1, i32, 1, i32]),
    ...section(2, [1, ...text("env"), ...text("memory"), 2, 0, 1]),
    ...section(3, [1, 0]),
    ...section(7, [1, ...text("sum"), 0, 0]),
    ...section(10, [1, ...leb(code.length), ...code]),
  ]);
}

/** A whole number below 2^14 in WebAssembly's encoding. */
function leb(n: number): number[] {
  return n < 128 ? [n] : [(n % 128) + 128, Math.floor(n / 128)];
}
