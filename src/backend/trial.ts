/**
 * The number of threads for a program, measured: it depends on how fast threads synchronize (in Bun a step takes many times
 * as long) and on cores that may be busy, or two halves of one, none of which can be queried. The first runs take turns
 * between several numbers, later ones take the fastest; now and then it is tried again, since other programs come and end.
 * The bits are the same with any number.
 */

/** The number of threads that a program runs on, and why. */
export interface Pace {
  readonly threads: number;
  /** The largest number that was tried. */
  readonly most: number;
  /** Speed on the fastest number above one, relative to one thread. */
  readonly gain: number;
}

/** Runs on each number. The first ones may be slow for another reason: code that is not fully optimized yet. */
const ROUNDS = 4;
/** Short runs are repeated until they took this many milliseconds, but not more often than this. */
const LEAST_MS = 20;
const MOST_ROUNDS = 16;
/** Half of the rounds suffice if they took this many milliseconds, or if threads are slower by this factor. */
const LONG_MS = 1000;
const PLAINLY = 5;
/** Speed at which several threads are worth their cores, relative to one thread. */
const WORTH = 1.03;
/** The same if their number was asked for: only what is plainly a mistake is not followed. */
const WORTH_IF_ASKED = 0.5;
/** Runs after which the trial is repeated. */
const AGAIN = 2000;

export class Trial {
  readonly #counts: readonly number[];
  readonly #worth: number;
  readonly #now: () => number;
  /** Milliseconds per row of the trial's runs, which take the counts in turns. */
  #times: number[] = [];
  #elapsed = 0;
  /** Runs since the last trial. */
  #since = 0;
  #pace: Pace | undefined;

  /** Tries `most` threads, one, and numbers between; none between if `most` was `asked` for. */
  constructor(most: number, asked = false, now: () => number = () => performance.now()) {
    this.#counts = asked ? [most, 1] : countsUpTo(most);
    this.#worth = asked ? WORTH_IF_ASKED : WORTH;
    this.#now = now;
  }

  /** The result of the last trial; undefined until the first has ended. */
  get pace(): Pace | undefined {
    return this.#pace;
  }

  /** Takes a run of `rows` rows, on as many threads as it says. */
  run(rows: number, take: (threads: number) => void): void {
    if (this.#pace !== undefined && this.#since++ < AGAIN) {
      take(this.#pace.threads);
      return;
    }
    const begun = this.#now();
    take(this.#counts[this.#times.length % this.#counts.length] ?? 1);
    const took = this.#now() - begun;
    this.#times.push(took / Math.max(1, rows));
    this.#elapsed += took;
    if (this.#times.length % this.#counts.length === 0) this.#judge(this.#times.length / this.#counts.length);
  }

  /** Ends the trial after this many rounds, if they suffice. */
  #judge(rounds: number): void {
    if (rounds < ROUNDS / 2) return;
    const alone = this.#typical(this.#counts.length - 1);
    const together = this.#counts.slice(0, -1).map((_, i) => this.#typical(i));
    const fastest = Math.min(...together);
    // Not a number where the clock is too coarse to tell: then threads are trusted.
    const gain = alone / fastest;
    const clear = this.#elapsed > LONG_MS || gain * PLAINLY < 1;
    const enough = rounds >= MOST_ROUNDS || (rounds >= ROUNDS && this.#elapsed >= LEAST_MS);
    if (!clear && !enough) return;
    const [most = 1] = this.#counts;
    const threads = gain < this.#worth ? 1 : (this.#counts[together.indexOf(fastest)] ?? 1);
    this.#pace = { threads, most, gain };
    [this.#times, this.#elapsed, this.#since] = [[], 0, 0];
  }

  /** The lower median of a count's times: a momentary disturbance does not count. */
  #typical(place: number): number {
    const times = this.#times.filter((_, i) => i % this.#counts.length === place).sort((x, y) => x - y);
    return times[(times.length - 1) >> 1] ?? 0;
  }
}

/** `6, 4, 2, 1` for 6. */
function countsUpTo(most: number): number[] {
  const counts = [most];
  for (let count = 2 ** (31 - Math.clz32(most - 1)); count >= 1; count /= 2) counts.push(count);
  return counts;
}
