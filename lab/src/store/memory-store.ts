import type { FoundRun, SavedRun, Store, Trouble } from "./store.ts";

/** Keeps a run until the tab is closed, where no storage is available. */
export class MemoryStore implements Store {
  readonly kind = "memory";
  readonly trouble: Trouble;
  #run: SavedRun | undefined;
  readonly #moments = new Map<number, Uint8Array>();

  constructor(trouble: Trouble) {
    this.trouble = trouble;
  }

  async save({ about, checkpoint }: SavedRun): Promise<void> {
    this.#run = { about: structuredClone(about), checkpoint: checkpoint.slice() };
  }

  async load(): Promise<FoundRun | undefined> {
    return this.#run;
  }

  /** Nothing outlives the tab, so no other version can be found. */
  async setAside(): Promise<void> {}

  async addMoment(step: number, bytes: Uint8Array): Promise<void> {
    this.#moments.set(step, bytes.slice());
  }

  async moments(): Promise<number[]> {
    return [...this.#moments.keys()].sort((x, y) => x - y);
  }

  async moment(step: number): Promise<Uint8Array | undefined> {
    return this.#moments.get(step)?.slice();
  }

  async dropMoments(steps: readonly number[]): Promise<void> {
    for (const step of steps) this.#moments.delete(step);
  }

  async clear(): Promise<void> {
    this.#run = undefined;
    this.#moments.clear();
  }
}
