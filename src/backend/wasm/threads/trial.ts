/**
 * Threads gain where they meet quickly, and lose where the host is slow at that (in Bun a step takes many times as long)
 * or has no core free for them. Neither can be asked for, so it is tried: the first runs of a program are taken in turns
 * by the team and by the calling thread alone. The others are taken alone if the team was much slower; where a neighbor
 * was in the way for a moment, it is not. The bits are the same either way.
 */

/** Runs of each kind. The first ones may be slow for another reason: code that is not compiled to its best yet. */
const RUNS = 4;
/** How many times slower the team must be, and how many if half of the runs are to be enough. */
const SLOWER = 2;
const PLAINLY = 5;

export class Trial {
  readonly #now: () => number;
  #runs = 0;
  /** The shortest milliseconds a row so far. */
  #together = Infinity;
  #alone = Infinity;
  #verdict: "together" | "alone" | undefined;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** True if the next run is for the calling thread alone. */
  get alone(): boolean {
    return this.#verdict === undefined ? this.#runs % 2 === 1 : this.#verdict === "alone";
  }

  /** Takes a run of so many rows as `alone` says. */
  run(rows: number, take: (alone: boolean) => void): void {
    const { alone } = this;
    if (this.#verdict !== undefined) {
      take(alone);
      return;
    }
    const begun = this.#now();
    take(alone);
    const took = (this.#now() - begun) / Math.max(1, rows);
    if (alone) this.#alone = Math.min(this.#alone, took);
    else this.#together = Math.min(this.#together, took);
    this.#runs++;
    const ratio = this.#together / this.#alone;
    if (this.#runs >= RUNS && ratio > PLAINLY) this.#verdict = "alone";
    else if (this.#runs === 2 * RUNS) this.#verdict = ratio > SLOWER ? "alone" : "together";
  }
}
