/** Stores a run so that closing the tab loses nothing. For a worker: pages have no synchronous files. */

/** A run between two steps. */
export interface SavedRun {
  /** The data needed beside the checkpoint, such as settings and the data's text; must survive JSON. */
  readonly about: Readonly<Record<string, unknown>>;
  /** From the library's `encodeCheckpoint`. */
  readonly checkpoint: Uint8Array;
}

/** A saved run as it is found: another version of the lab may have written it. */
export interface FoundRun {
  /** Unchecked JSON. */
  readonly about: unknown;
  readonly checkpoint: Uint8Array;
}

/**
 * `other-tab`: another tab stores its run, this one stores nothing. `no-storage`: the browser has none (a file:// page,
 * a private window, an old browser). `corrupt`: the saved run cannot be read. `full`: the last save found no space.
 */
export const TROUBLES = ["other-tab", "no-storage", "corrupt", "full"] as const;
export type Trouble = (typeof TROUBLES)[number];

/** One run, and its model at some earlier steps. Calls may overlap; they run in order. */
export interface Store {
  /** `disk` outlives the tab. */
  readonly kind: "disk" | "memory";
  /** `corrupt` and `full` end with `clear` or the next save. */
  readonly trouble?: Trouble | undefined;
  /**
   * Replaces the run. Whenever the tab is closed, `load` gives this run or the previous one, complete. Errors:
   * StoreFull; the previous one is then unchanged.
   */
  save(run: SavedRun): Promise<void>;
  /** The last saved run; undefined if there is none, or it is unreadable. */
  load(): Promise<FoundRun | undefined>;
  /** Copies a run that cannot be read, for instance another version's: `trouble` is `corrupt` from then on. */
  setAside(): Promise<void>;
  /** Saves the model after a step, replacing an earlier one of that step. Errors: StoreFull. */
  addMoment(step: number, bytes: Uint8Array): Promise<void>;
  /** The steps whose model is saved, ascending. */
  moments(): Promise<number[]>;
  /** Undefined if it is not saved, or unreadable. */
  moment(step: number): Promise<Uint8Array | undefined>;
  /** Deletes the models at these steps, if saved. */
  dropMoments(steps: readonly number[]): Promise<void>;
  /** Deletes the run and its moments. */
  clear(): Promise<void>;
}

/** There was no space for a save, even after moments were dropped. */
export class StoreFull extends Error {
  // Between threads an error keeps its name, not its class.
  override readonly name = "StoreFull";
  readonly code: Trouble = "full";

  constructor(cause?: unknown) {
    super("store: no room left in the browser's storage", { cause });
  }
}
