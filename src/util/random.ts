/**
 * CPython's `random.Random`, bit for bit: the Mersenne Twister MT19937 (Matsumoto and Nishimura 1998), and on top of it
 * the derived draws of Lib/random.py. The same seed gives the same numbers, except for the last bit of `gauss` about
 * once in several hundred draws, where the C library does not round `log`, `cos` or `sin` to nearest.
 */

import { checkInteger } from "./checks.ts";
import { cosSin } from "./cos-sin.ts";
import { internalError, mistake } from "./errors.ts";
import { log } from "./math.ts";
import { NEAR, nearNormals } from "./near-normals.ts";

const N = 624;
const M = 397;

/** Numbers that `fillGauss` draws together, at most; even. */
const BLOCK = 2048;

/** The complete state of the generator: plain numbers, fit for JSON. */
export interface RandomState {
  /** MT19937's 624 words, each 0 to 2^32 - 1. */
  readonly words: readonly number[];
  /** Words used so far, 0 to 624. */
  readonly index: number;
  /** The second value of a `gauss` pair, if it was not used yet. */
  readonly gaussNext: number | null;
}

export class Random {
  readonly #words = new Uint32Array(N);
  #index = N;
  #gaussNext: number | null = null;

  /** @param seed any safe integer; as in Python, -5 and 5 give the same stream. */
  constructor(seed: number) {
    checkInteger("random", "seed", seed, {});
    this.#initByArray(keyOf(Math.abs(seed)));
  }

  /** Continues exactly where `getState` was called. Errors: a state that no generator can have written. */
  static fromState(state: RandomState): Random {
    const { words, index, gaussNext } = randomState(state);
    const random = new Random(0);
    random.#words.set(words);
    random.#index = index;
    random.#gaussNext = gaussNext;
    return random;
  }

  getState(): RandomState {
    return { words: [...this.#words], index: this.#index, gaussNext: this.#gaussNext };
  }

  /** A float in [0, 1) with 53 random bits. */
  random(): number {
    const high = this.#next() >>> 5;
    const low = this.#next() >>> 6;
    return (high * 67108864 + low) / 9007199254740992;
  }

  /** A whole number of `bits` random bits, 1 to 32. */
  getrandbits(bits: number): number {
    return this.#next() >>> (32 - bits);
  }

  /** A normal draw by Box and Muller: the cosine of a pair now, the sine at the next call. */
  gauss(mean = 0, std = 1): number {
    let z = this.#gaussNext;
    this.#gaussNext = null;
    if (z === null) {
      const turn = this.random();
      [z, this.#gaussNext] = normals(turn, this.random());
    }
    return mean + z * std;
  }

  /**
   * Fills an array with the numbers that as many calls of `gauss(0, std)` return, and leaves the stream in the same
   * state. Floats are several times as fast: most are drawn only as precisely as their rounding needs.
   */
  fillGauss(target: Float32Array | Float64Array, std: number): void {
    let i = 0;
    if (target instanceof Float32Array) {
      if (this.#gaussNext !== null && i < target.length) target[i++] = this.gauss(0, std);
      const end = target.length - ((target.length - i) & 1);
      for (; i < end; i += BLOCK) this.#fillPairs(target.subarray(i, Math.min(i + BLOCK, end)), std);
      i = end;
    }
    for (; i < target.length; i++) target[i] = this.gauss(0, std);
  }

  #fillPairs(target: Float32Array, std: number): void {
    const [uniform, near] = [new Float64Array(target.length), new Float64Array(target.length)];
    for (let i = 0; i < uniform.length; i++) uniform[i] = this.random();
    nearNormals(uniform, near);
    const slack = NEAR * std;
    for (let i = 0; i < target.length; i++) {
      const number = (near[i] as number) * std;
      const low = Math.fround(number - slack);
      // Between these two is the exact draw, so that it rounds as they do. A zero could have either sign.
      const sure = low === Math.fround(number + slack) && low !== 0;
      target[i] = sure ? low : 0 + exactly(uniform, i) * std;
    }
  }

  /** A shuffled copy. The draws are those of Python's in-place `shuffle`. */
  shuffle<T>(items: readonly T[]): T[] {
    const shuffled = [...items];
    for (let i = shuffled.length - 1; i >= 1; i--) {
      const j = this.#below(i + 1);
      [shuffled[i], shuffled[j]] = [shuffled[j] as T, shuffled[i] as T];
    }
    return shuffled;
  }

  /**
   * An index drawn in proportion to `weights`, which are not negative and not all zero: Python's `choices(range(n),
   * weights)[0]`.
   */
  choice(weights: ArrayLike<number>): number {
    let total = 0;
    for (let i = 0; i < weights.length; i++) total += weights[i] as number;
    if (!(total > 0 && total < Infinity)) throw internalError(`choice: weights sum to ${total}`);
    const target = this.random() * total;
    // The index that bisect_right finds in the running sums, clamped to the last entry.
    const last = weights.length - 1;
    let sum = 0;
    for (let i = 0; i < last; i++) {
      sum += weights[i] as number;
      if (target < sum) return i;
    }
    return last;
  }

  // Python's _randbelow: draws as many bits as n has until the number is below n.
  #below(n: number): number {
    const bits = 32 - Math.clz32(n);
    let r = this.getrandbits(bits);
    while (r >= n) r = this.getrandbits(bits);
    return r;
  }

  #next(): number {
    if (this.#index >= N) this.#twist();
    let y = (this.#words[this.#index++] as number) | 0;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  #twist(): void {
    const words = this.#words;
    for (let k = 0; k < N; k++) {
      // No modulo by N, and no branch on a random bit: they would double the time.
      const next = words[k < N - 1 ? k + 1 : 0] as number;
      const other = words[k < N - M ? k + M : k + M - N] as number;
      const y = ((words[k] as number) & 0x80000000) | (next & 0x7fffffff);
      words[k] = other ^ (y >>> 1) ^ (-(y & 1) & 0x9908b0df);
    }
    this.#index = 0;
  }

  #initByArray(key: readonly number[]): void {
    const words = this.#words;
    const mixed = (k: number): number => {
      const previous = words[k - 1] as number;
      return previous ^ (previous >>> 30);
    };
    words[0] = 19650218;
    for (let k = 1; k < N; k++) words[k] = Math.imul(1812433253, mixed(k)) + k;
    let i = 1;
    const advance = (): void => {
      if (++i < N) return;
      words[0] = words[N - 1] as number;
      i = 1;
    };
    for (let k = 0; k < Math.max(N, key.length); k++) {
      const j = k % key.length;
      words[i] = ((words[i] as number) ^ Math.imul(mixed(i), 1664525)) + (key[j] as number) + j;
      advance();
    }
    for (let k = 0; k < N - 1; k++) {
      words[i] = ((words[i] as number) ^ Math.imul(mixed(i), 1566083941)) - i;
      advance();
    }
    words[0] = 0x80000000;
    this.#index = N;
  }
}

/** Two normal draws from two uniform ones in [0, 1). (Box and Muller 1958) */
function normals(turn: number, u: number): readonly [number, number] {
  const [cos, sin] = cosSin(turn * 2 * Math.PI);
  const radius = Math.sqrt(-2 * log(1 - u));
  return [cos * radius, sin * radius];
}

/** The normal draw at `i` of those that pairs of uniform ones make. */
function exactly(uniform: Float64Array, i: number): number {
  const first = i & -2;
  return normals(uniform[first] as number, uniform[first + 1] as number)[i & 1] as number;
}

/** Returns the state. Errors: one that no generator can have written. */
export function randomState(state: unknown): RandomState {
  if (isState(state)) return state;
  throw mistake(
    "type",
    "random",
    "a state of 624 32-bit words, an index up to 624 and gaussNext",
    "something else",
    "pass what getState returned",
  );
}

function isState(state: unknown): state is RandomState {
  const { words, index, gaussNext }: Partial<Record<keyof RandomState, unknown>> = Object(state);
  return (
    Array.isArray(words) &&
    words.length === N &&
    words.every((word) => Number.isInteger(word) && word >= 0 && word <= 0xffffffff) &&
    typeof index === "number" &&
    Number.isInteger(index) &&
    index >= 0 &&
    index <= N &&
    (gaussNext === null || Number.isFinite(gaussNext))
  );
}

// A seed as CPython passes it to init_by_array: its 32-bit digits, lowest first.
function keyOf(seed: number): number[] {
  const high = Math.floor(seed / 2 ** 32);
  return high === 0 ? [seed] : [seed % 2 ** 32, high];
}
