import { type Directory, isNamed, withFile } from "./directory.ts";
import { DiskStore } from "./disk-store.ts";
import { MemoryStore } from "./memory-store.ts";
import type { Store, Trouble } from "./store.ts";

/** The name of the folder and of its lock. */
const NAME = "microgpt-lab";
/**
 * After a reload, the old page's lock is freed a moment after the new page asks for it: up to 0.4 s on a busy machine.
 */
const WAIT_MS = 2000;

/** The used part of `navigator`. Both are absent where unsupported. */
export interface Surroundings {
  readonly storage?: {
    getDirectory(): Promise<{ getDirectoryHandle(name: string, options: { create: true }): Promise<Directory> }>;
  };
  readonly locks?: {
    request(name: string, options: { signal: AbortSignal }, held: () => Promise<never>): Promise<unknown>;
  };
}

/**
 * Opens the store of this browser, for the life of the worker. Another tab meanwhile gets one in memory, and so does a
 * browser without files; `trouble` says why. Call it once, from a worker.
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
    // Some private windows have folders but cannot create files.
    await withFile(directory, "run-a", () => {});
    return await DiskStore.open(directory, folder);
  } catch {
    return new MemoryStore("no-storage");
  }
}

/** Returns the reason if the lock is not available. It is released when the worker ends for any reason. */
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
