/** Runs one task at a time; of those that arrive meanwhile only the newest runs next. So nothing overtakes. */
export class Newest {
  #waiting: (() => Promise<void>) | undefined;
  #busy = false;

  async run(task: () => Promise<void>): Promise<void> {
    this.#waiting = task;
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (let next = this.#take(); next !== undefined; next = this.#take()) await next();
    } finally {
      this.#busy = false;
    }
  }

  #take(): (() => Promise<void>) | undefined {
    const task = this.#waiting;
    this.#waiting = undefined;
    return task;
  }
}
