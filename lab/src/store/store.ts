/** Where the lab keeps a run, so that closing the tab loses nothing. For a worker: pages have no synchronous files. */

/** A run between two steps. */
export interface SavedRun {
  /** What is needed beside the checkpoint, settings and the data's text for instance: whatever JSON gives back as it was. */
  readonly about: Readonly<Record<string, unknown>>;
  /** As the library's `encodeCheckpoint` writes it. */
  readonly checkpoint: Uint8Array;
}

/**
 * `other-tab`: another tab keeps its run, this one keeps nothing. `no-storage`: the browser has none to give (a file://
 * page, a private window, an old browser). `corrupt`: what was saved cannot be read. `full`: the last save found no room.
 */
export const TROUBLES = ["other-tab", "no-storage", "corrupt", "full"] as const;
export type Trouble = (typeof TROUBLES)[number];

/** One run, and its model at some earlier steps. Calls may overlap: they are done in the order they were made. */
export interface Store {
  /** Whether what is saved is there after the tab is closed. */
  readonly kind: "disk" | "memory";
  /** `corrupt` and `full` are over with `clear` or the next save. */
  readonly trouble?: Trouble | undefined;
  /**
   * Replaces the run. Whenever the tab is closed, `load` gives this one or the one before, whole. Errors: StoreFull, and the
   * one before stays.
   */
  save(run: SavedRun): Promise<void>;
  /** The last run that was saved; undefined if there is none, or none that can be read. */
  load(): Promise<SavedRun | undefined>;
  /** Copies the run that nobody can make sense of, another version's for instance: `trouble` is `corrupt` from then on. */
  setAside(): Promise<void>;
  /** Keeps the model as it was after a step, in place of an earlier one of that step. Errors: StoreFull. */
  addMoment(step: number, bytes: Uint8Array): Promise<void>;
  /** The steps of which the model is kept, ascending. */
  moments(): Promise<number[]>;
  /** undefined if it is not kept, or cannot be read. */
  moment(step: number): Promise<Uint8Array | undefined>;
  /** Forgets the model at these steps, as far as it is kept. */
  dropMoments(steps: readonly number[]): Promise<void>;
  /** Forgets the run and its moments. */
  clear(): Promise<void>;
}

/** There was no room for what was to be saved, even after moments were given up for it. */
export class StoreFull extends Error {
  // Between threads an error keeps its name, not its class.
  override readonly name = "StoreFull";
  readonly code: Trouble = "full";

  constructor(cause?: unknown) {
    super("store: no room left in the browser's storage", { cause });
  }
}
