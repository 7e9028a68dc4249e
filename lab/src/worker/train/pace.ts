/**
 * Limits the speed of a run so that people can watch: a small model takes a thousand steps in a hundredth of a second.
 */

/**
 * `full`: as fast as possible; `gentle`: from slow to fast, so that the first steps are visible; a number: steps per
 * second.
 */
export type Pace = "full" | "gentle" | number;

/** `gentle` starts with this many steps per second, and doubles the total each second. */
const FIRST = 10;
/** Largest unused time that may be made up for, in seconds, so that a pause of the machine does not cause a rush. */
const MOST_SAVED = 0.1;

export class PaceKeeper {
  #pace: Pace = "full";
  #last = 0;
  /** Steps that may be taken at once. */
  #saved = 1;

  set pace(pace: Pace) {
    this.#pace = pace;
    this.#saved = 1;
  }

  get isFull(): boolean {
    return this.#pace === "full";
  }

  /** Milliseconds to wait before the next step of a run that has taken `steps`. */
  wait(now: number, steps: number): number {
    if (this.#pace === "full") return 0;
    const rate = this.#pace === "gentle" ? FIRST + Math.LN2 * steps : this.#pace;
    const seconds = Math.min((now - this.#last) / 1000, MOST_SAVED + 1 / rate);
    this.#last = now;
    this.#saved = Math.min(this.#saved + seconds * rate, 1 + MOST_SAVED * rate);
    if (this.#saved < 1) return (1000 * (1 - this.#saved)) / rate;
    this.#saved--;
    return 0;
  }
}
