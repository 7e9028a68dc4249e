/**
 * The parts of the origin-private file system that the store uses. Its files are opened by `createSyncAccessHandle`,
 * which every browser that runs the engine supports in workers (Safari since 16.4, whose WebAssembly is the first with
 * SIMD), while `createWritable` came to Safari only with version 26. Such a file is written in place; record.ts
 * describes how a save is atomic.
 */

/** FileSystemSyncAccessHandle, which TypeScript types for workers only. The file is locked while it is open. */
export interface SyncFile {
  getSize(): number;
  /** Bytes read. */
  read(into: Uint8Array, options: { readonly at: number }): number;
  /** Bytes written. Errors: QuotaExceededError. */
  write(bytes: Uint8Array, options: { readonly at: number }): number;
  truncate(size: number): void;
  flush(): void;
  close(): void;
}

/** FileSystemDirectoryHandle. */
export interface Directory {
  getFileHandle(name: string, options?: { create?: boolean }): Promise<object>;
  removeEntry(name: string): Promise<void>;
  keys(): AsyncIterable<string>;
}

/** A closed tab may hold its files for a moment longer. */
const RETRY_MS = 50;
const RETRIES = 40;

/** Opens or creates a file for an action. */
export async function withFile<T>(directory: Directory, name: string, action: (file: SyncFile) => T): Promise<T> {
  return useFile(await directory.getFileHandle(name, { create: true }), action);
}

/** Opens an existing file for an action. */
export async function withExisting<T>(
  directory: Directory,
  name: string,
  action: (file: SyncFile) => T,
): Promise<T | undefined> {
  const handle = await directory.getFileHandle(name).catch(ignoring("NotFoundError"));
  return handle === undefined ? undefined : useFile(handle, action);
}

export async function removeFile(directory: Directory, name: string): Promise<void> {
  await directory.removeEntry(name).catch(ignoring("NotFoundError"));
}

export async function namesIn(directory: Directory): Promise<string[]> {
  const names: string[] = [];
  for await (const name of directory.keys()) names.push(name);
  return names.sort();
}

/** True if an error of the browser has this name. */
export function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}

async function useFile<T>(handle: object, action: (file: SyncFile) => T): Promise<T> {
  const file = await openFile(handle);
  try {
    return action(file);
  } finally {
    file.close();
  }
}

async function openFile(handle: object): Promise<SyncFile> {
  if (!hasSyncAccess(handle)) throw new TypeError("store: no createSyncAccessHandle here; call it from a worker");
  for (let retries = 0; ; retries++) {
    try {
      return await handle.createSyncAccessHandle();
    } catch (error) {
      if (!isNamed(error, "NoModificationAllowedError") || retries === RETRIES) throw error;
      await new Promise((later) => setTimeout(later, RETRY_MS));
    }
  }
}

function hasSyncAccess(handle: object): handle is { createSyncAccessHandle(): Promise<SyncFile> } {
  return "createSyncAccessHandle" in handle;
}

function ignoring(name: string): (error: unknown) => undefined {
  return (error) => {
    if (!isNamed(error, name)) throw error;
  };
}
