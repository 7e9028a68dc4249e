/** Who may have a model's threads, and who its weights, when several things are done with it. */

/** Counts those who hold threads; when the last of them lets go, the threads are ended. */
export class ThreadHold {
  readonly #rest: () => Promise<void>;
  #holders = 0;
  #taken = false;
  /** True if somebody had taken threads in hand before the first holder came. */
  #keep = false;

  constructor(rest: () => Promise<void>) {
    this.#rest = rest;
  }

  /** Threads are about to work. */
  take(): void {
    this.#taken = true;
  }

  /** They are ended, whoever held them. */
  free(): void {
    this.#taken = false;
    this.#keep = false;
  }

  hold(): () => Promise<void> {
    if (this.#holders++ === 0) this.#keep = this.#taken;
    let held = true;
    return async () => {
      if (!held) return;
      held = false;
      if (--this.#holders === 0 && !this.#keep) await this.#rest();
    };
  }
}

/** Long work that must find the same weights from its beginning to its end, one after the other. */
export class Turns {
  #busy: Promise<unknown> | undefined;

  /** While work is under way: resolves when it is over. */
  get busy(): Promise<unknown> | undefined {
    return this.#busy;
  }

  async inTurn<T>(work: () => Promise<T>): Promise<T> {
    while (this.#busy !== undefined) await this.#busy;
    const done = work();
    this.#busy = done.then(nothing, nothing);
    try {
      return await done;
    } finally {
      this.#busy = undefined;
    }
  }
}

function nothing(): void {}
