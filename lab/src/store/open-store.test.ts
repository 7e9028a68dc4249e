import { describe, expect, test } from "vitest";
import type { Directory } from "./directory.ts";
import { FakeDirectory } from "./fake-directory.ts";
import { openStore, type Surroundings } from "./open-store.ts";
import type { SavedRun } from "./store.ts";

const SHORT_MS = 20;
const run: SavedRun = { about: { text: "anna" }, checkpoint: Uint8Array.of(1, 2, 3) };

/** Locks as in browsers: one holder, and a queue that a signal ends. */
class FakeLocks {
  held = false;
  #queue: (() => void)[] = [];

  async request(_: string, { signal }: { signal: AbortSignal }, held: () => Promise<never>): Promise<unknown> {
    if (this.held) {
      await new Promise<void>((granted, refused) => {
        this.#queue.push(granted);
        signal.addEventListener("abort", () => {
          this.#queue = this.#queue.filter((other) => other !== granted);
          refused(signal.reason);
        });
      });
    }
    this.held = true;
    return held();
  }

  /** Does what the end of a worker does. */
  release(): void {
    this.held = false;
    this.#queue.shift()?.();
  }
}

const storageOf = (directory: Directory): NonNullable<Surroundings["storage"]> => ({
  getDirectory: async () => ({ getDirectoryHandle: async () => directory }),
});

describe("openStore", () => {
  test("gives the disk, with earlier saves", async () => {
    const [directory, locks] = [new FakeDirectory(), new FakeLocks()];
    const first = await openStore({ storage: storageOf(directory), locks }, SHORT_MS);
    expect(first).toMatchObject({ kind: "disk", trouble: undefined });
    await first.save(run);
    locks.release();
    const second = await openStore({ storage: storageOf(directory), locks }, SHORT_MS);
    expect(await second.load()).toEqual(run);
  });

  test("gives a second tab memory, which touches nothing, and the disk to one that comes as the first goes", async () => {
    const [directory, locks] = [new FakeDirectory(), new FakeLocks()];
    const surroundings = { storage: storageOf(directory), locks };
    await (await openStore(surroundings, SHORT_MS)).save(run);
    const second = await openStore(surroundings, SHORT_MS);
    expect(second).toMatchObject({ kind: "memory", trouble: "other-tab" });
    const before = directory.changes.length;
    await second.save({ ...run, checkpoint: Uint8Array.of(9) });
    await second.clear();
    expect(directory.changes).toHaveLength(before);
    const third = openStore(surroundings, 2000);
    setTimeout(() => locks.release(), SHORT_MS);
    expect(await third).toMatchObject({ kind: "disk" });
  });

  const refuse = async (): Promise<never> => {
    throw new DOMException("not in a private window", "SecurityError");
  };
  class NoFiles extends FakeDirectory {
    override getFileHandle(): Promise<object> {
      return refuse();
    }
  }
  class OldFiles extends FakeDirectory {
    override async getFileHandle(): Promise<object> {
      return {};
    }
  }
  test.each<[what: string, surroundings: Surroundings]>([
    ["Node", {}],
    ["a page over http", { locks: new FakeLocks() }],
    ["a browser without locks", { storage: storageOf(new FakeDirectory()) }],
    ["locks that are refused", { storage: storageOf(new FakeDirectory()), locks: { request: refuse } }],
    ["a folder that is refused", { storage: { getDirectory: refuse }, locks: new FakeLocks() }],
    ["files that are refused", { storage: storageOf(new NoFiles()), locks: new FakeLocks() }],
    ["files without synchronous access", { storage: storageOf(new OldFiles()), locks: new FakeLocks() }],
  ])("gives memory with `no-storage`: %s", async (_, surroundings) => {
    expect(await openStore(surroundings, SHORT_MS)).toMatchObject({ kind: "memory", trouble: "no-storage" });
  });
});

test("memory keeps a run and its moments unchanged", async () => {
  const store = await openStore({});
  expect([await store.load(), await store.moments()]).toEqual([undefined, []]);
  const bytes = Uint8Array.of(1, 2, 3);
  await store.save({ about: { text: "anna" }, checkpoint: bytes });
  await store.addMoment(10, bytes);
  await store.addMoment(2, bytes);
  bytes.fill(0);
  expect(await store.load()).toEqual(run);
  expect(await store.moments()).toEqual([2, 10]);
  expect(await store.moment(10)).toEqual(Uint8Array.of(1, 2, 3));
  await store.dropMoments([2, 3]);
  expect(await store.moments()).toEqual([10]);
  await store.clear();
  expect([await store.load(), await store.moments(), await store.moment(10)]).toEqual([undefined, [], undefined]);
});
