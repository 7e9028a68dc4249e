/**
 * Threads gain if they synchronize fast, and lose if the host is slow at that (in Bun a step takes many times as long)
 * or has no core free for them. Neither can be queried, so it is tried: the first runs of a program alternate between
 * the team and the calling thread alone. Later runs are taken alone if the team was much slower; a momentary
 * disturbance does not count. The bits are the same either way.
 */

/** Runs of each kind. The first ones may be slow for another reason: code that is not fully optimized yet. */
const RUNS = 4;
/** Factor by which the team must be slower, and the factor that suffices after half of the runs. */
const SLOWER = 2;
const PLAINLY = 5;

export class Trial {
  readonly #now: () => number;
  #runs = 0;
  /** The shortest milliseconds per row so far. */
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

  /** Takes a run of `rows` rows as `alone` says. */
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
