/**
 * A run in the origin-private file system: `run-a` and `run-b` alternate, so that the previous one stays until a save
 * is complete; the settings and the text are in `about-N` of save N, written only when they change; `moment-N` is the
 * model after step N; and `damaged-...` are copies of unreadable files.
 */

import { type Directory, isNamed, namesIn, removeFile } from "./directory.ts";
import { everyOther } from "./moments.ts";
import { copyFile, hasRecord, readRecord, type StoredRecord, writeRecord } from "./record.ts";
import { type FoundRun, type SavedRun, type Store, StoreFull, type Trouble } from "./store.ts";

const SLOTS = ["run-a", "run-b"] as const;
type Slot = (typeof SLOTS)[number];

const ABOUT = "about-";
const MOMENT = "moment-";
const DAMAGED = "damaged-";

/** A run on the disk. `number` counts the saves, `refers` names the save with its settings and text. */
interface Saved extends StoredRecord {
  readonly slot: Slot;
  /** JSON, and its value. */
  readonly about: string;
  readonly value: unknown;
}

/** The facts of the last save, without its bytes. */
type Last = Omit<Saved, "bytes" | "value">;

export class DiskStore implements Store {
  readonly kind = "disk";
  #directory: Directory;
  readonly #another: () => Promise<Directory>;
  #trouble: Trouble | undefined;
  #last: Last | undefined;
  /** Ascending. */
  #moments: number[] = [];
  /** The last call; each call waits for the one before. */
  #calls: Promise<unknown> = Promise.resolve();

  private constructor(directory: Directory, another: () => Promise<Directory>) {
    this.#directory = directory;
    this.#another = another;
  }

  /**
   * Opens the store in a folder that it has to itself, and removes unfinished files of an earlier tab. `another`
   * returns a new folder if this one disappears: users may clear a site's storage while its page is open.
   */
  static async open(directory: Directory, another = async (): Promise<Directory> => directory): Promise<DiskStore> {
    const store = new DiskStore(directory, another);
    await store.#look();
    await store.#tidy();
    return store;
  }

  get trouble(): Trouble | undefined {
    return this.#trouble;
  }

  save(run: SavedRun): Promise<void> {
    return this.#inTurn(async () => {
      const about = JSON.stringify(run.about);
      await this.#inFolder(() => this.#makingRoom(() => this.#save(about, run.checkpoint)));
      this.#trouble = undefined;
    });
  }

  load(): Promise<FoundRun | undefined> {
    return this.#inTurn(async () => {
      const saved = await this.#look();
      return saved && { about: saved.value, checkpoint: saved.bytes };
    });
  }

  setAside(): Promise<void> {
    return this.#inTurn(async () => {
      const last = this.#last;
      if (last === undefined) return;
      for (const name of [last.slot, ABOUT + last.refers]) await copyFile(this.#directory, name, DAMAGED + name);
      this.#trouble = "corrupt";
    });
  }

  addMoment(step: number, bytes: Uint8Array): Promise<void> {
    return this.#inTurn(async () => {
      const name = MOMENT + step;
      const others = this.#moments.filter((other) => other !== step);
      this.#moments = others;
      await this.#inFolder(() => this.#makingRoom(() => this.#write(name, { number: step, refers: 0, bytes })));
      this.#moments = [...this.#moments, step].sort((x, y) => x - y);
    });
  }

  moments(): Promise<number[]> {
    return this.#inTurn(async () => [...this.#moments]);
  }

  moment(step: number): Promise<Uint8Array | undefined> {
    return this.#inTurn(async () => {
      const record = await readRecord(this.#directory, MOMENT + step);
      return record === "damaged" ? undefined : record?.bytes;
    });
  }

  dropMoments(steps: readonly number[]): Promise<void> {
    return this.#inTurn(() => this.#drop(steps));
  }

  clear(): Promise<void> {
    return this.#inTurn(async () => {
      // The newest run is removed last: if the tab is closed meanwhile, no older one reappears.
      const slots = [...SLOTS].sort((x) => (x === this.#last?.slot ? 1 : -1));
      for (const slot of slots) await this.#remove(slot);
      this.#last = undefined;
      this.#trouble = undefined;
      await this.#tidy();
    });
  }

  async #save(about: string, checkpoint: Uint8Array): Promise<void> {
    const before = this.#last;
    const number = (before?.number ?? 0) + 1;
    const slot = before?.slot === "run-a" ? "run-b" : "run-a";
    const refers = before?.about === about ? before.refers : number;
    try {
      if (refers === number) {
        await this.#write(ABOUT + number, { number, refers, bytes: new TextEncoder().encode(about) });
      }
      await this.#write(slot, { number, refers, bytes: checkpoint });
    } catch (error) {
      if (refers === number) await this.#remove(ABOUT + number);
      throw error;
    }
    this.#last = { slot, number, refers, about };
    if (refers === before?.refers) return;
    const needed = [refers, before?.refers ?? refers].map((save) => ABOUT + save);
    for (const name of await this.#names(ABOUT)) if (!needed.includes(name)) await this.#remove(name);
  }

  /** The newest complete run. A damaged file is copied before a save can overwrite it. */
  async #look(): Promise<Saved | undefined> {
    const runs: Saved[] = [];
    const damaged: string[] = [];
    for (const slot of SLOTS) {
      const run = await readRecord(this.#directory, slot);
      if (run === undefined) continue;
      if (run === "damaged") {
        damaged.push(slot);
        continue;
      }
      const about = jsonIn(await readRecord(this.#directory, ABOUT + run.refers));
      if (about === undefined) damaged.push(slot, ABOUT + run.refers);
      else runs.push({ ...run, slot, ...about });
    }
    for (const name of damaged) await copyFile(this.#directory, name, DAMAGED + name);
    const [newest] = runs.sort((x, y) => y.number - x.number);
    this.#last = newest && { slot: newest.slot, number: newest.number, refers: newest.refers, about: newest.about };
    if (newest === undefined && damaged.length > 0) this.#trouble = "corrupt";
    return newest;
  }

  /**
   * Removes files that belong to no run: those of an earlier run whose removal was interrupted, and unfinished ones.
   */
  async #tidy(): Promise<void> {
    const kept: number[] = [];
    const ofNone = this.#last === undefined && this.#trouble !== "corrupt";
    for (const name of await this.#names(MOMENT)) {
      if (ofNone || !(await hasRecord(this.#directory, name))) await this.#remove(name);
      else kept.push(Number(name.slice(MOMENT.length)));
    }
    if (ofNone) for (const name of await this.#names(ABOUT)) await this.#remove(name);
    this.#moments = kept.sort((x, y) => x - y);
  }

  /** Retries in another, empty folder, if this one disappeared. */
  async #inFolder(write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      if (!isNamed(error, "NotFoundError")) throw error;
      this.#directory = await this.#another();
      this.#last = undefined;
      this.#moments = [];
      await write();
    }
  }

  /** Retries with fewer moments, if there is no space. */
  async #makingRoom(write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      if (!(error instanceof StoreFull)) throw error;
      this.#trouble = "full";
      const damaged = await this.#names(DAMAGED);
      const steps = everyOther(this.#moments);
      if (damaged.length + steps.length === 0) throw error;
      for (const name of damaged) await this.#remove(name);
      await this.#drop(steps);
      await write();
    }
  }

  async #drop(steps: readonly number[]): Promise<void> {
    for (const step of steps) await this.#remove(MOMENT + step);
    this.#moments = this.#moments.filter((step) => !steps.includes(step));
  }

  async #names(prefix: string): Promise<string[]> {
    return (await namesIn(this.#directory)).filter((name) => name.startsWith(prefix));
  }

  #write(name: string, record: StoredRecord): Promise<void> {
    return writeRecord(this.#directory, name, record);
  }

  #remove(name: string): Promise<void> {
    return removeFile(this.#directory, name);
  }

  #inTurn<T>(call: () => Promise<T>): Promise<T> {
    const result = this.#calls.then(call);
    this.#calls = result.catch(() => {});
    return result;
  }
}

/** The JSON in a record; undefined if there is no record, or something else in it. */
function jsonIn(record: StoredRecord | "damaged" | undefined): Pick<Saved, "about" | "value"> | undefined {
  if (record === undefined || record === "damaged") return undefined;
  const about = new TextDecoder().decode(record.bytes);
  try {
    return { about, value: JSON.parse(about) };
  } catch {
    return undefined;
  }
}
