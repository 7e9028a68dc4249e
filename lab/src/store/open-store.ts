import { type Directory, isNamed, withFile } from "./directory.ts";
import { DiskStore } from "./disk-store.ts";
import { MemoryStore } from "./memory-store.ts";
import type { Store, Trouble } from "./store.ts";

/** Of the folder and of the lock that goes with it. */
const NAME = "microgpt-lab";
/** The lock of a page that is loaded anew is free a moment after the new one asks for it: 0.4 s were seen on a busy machine. */
const WAIT_MS = 2000;

/** The part of `navigator` that is used. Where there is none, both are absent. */
export interface Surroundings {
  readonly storage?: {
    getDirectory(): Promise<{ getDirectoryHandle(name: string, options: { create: true }): Promise<Directory> }>;
  };
  readonly locks?: {
    request(name: string, options: { signal: AbortSignal }, held: () => Promise<never>): Promise<unknown>;
  };
}

/**
 * The store of this browser, for as long as the worker lives: another tab meanwhile gets one in memory, and so does everybody
 * where files cannot be had; `trouble` says why. To be called from a worker, once.
 */
export async function openStore(
  { storage, locks }: Surroundings = globalThis.navigator ?? {},
  waitMs: number = WAIT_MS,
): Promise<Store> {
  if (storage?.getDirectory === undefined || locks === undefined) return new MemoryStore("no-storage");
  const trouble = await holdLock(locks, waitMs);
  if (trouble !== undefined) return new MemoryStore(trouble);
  try {
    const folder = async (): Promise<Directory> =>
      (await storage.getDirectory()).getDirectoryHandle(NAME, { create: true });
    const directory = await folder();
    // Some private windows have folders, and no files in them.
    await withFile(directory, "run-a", () => {});
    return await DiskStore.open(directory, folder);
  } catch {
    return new MemoryStore("no-storage");
  }
}

/** Why the lock was not to be had. It is given back when the worker ends, however that comes about. */
function holdLock(locks: NonNullable<Surroundings["locks"]>, waitMs: number): Promise<Trouble | undefined> {
  const signal = AbortSignal.timeout(waitMs);
  return new Promise((resolve) => {
    const forLife = (): Promise<never> => {
      resolve(undefined);
      return new Promise<never>(() => {});
    };
    const refused = (error: unknown): void => resolve(isNamed(error, "TimeoutError") ? "other-tab" : "no-storage");
    locks.request(NAME, { signal }, forLife).catch(refused);
  });
}
