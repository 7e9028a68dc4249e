/** Shares a model's threads and weights among its users. */

/** Counts the holders of threads; when the last one lets go, the threads are ended. */
export class ThreadHold {
  readonly #rest: () => Promise<void>;
  #holders = 0;
  #taken = false;
  /** True if threads were in use before the first holder came. */
  #keep = false;

  constructor(rest: () => Promise<void>) {
    this.#rest = rest;
  }

  /** Call before threads work. */
  take(): void {
    this.#taken = true;
  }

  /** Call when they are ended, whoever held them. */
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

/** Long work that must see the same weights from beginning to end, one after the other. */
export class Turns {
  #busy: Promise<unknown> | undefined;

  /** During work: resolves when it is done. */
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
