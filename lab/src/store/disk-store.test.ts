import { describe, expect, test } from "vitest";
import { DiskStore } from "./disk-store.ts";
import { FakeDirectory } from "./fake-directory.ts";
import { writeRecord } from "./record.ts";
import { type SavedRun, StoreFull } from "./store.ts";

const TEXT = "a text of some length that is the same all along";
const run = (step: number, text = TEXT): SavedRun => ({
  about: { text, settings: { numSteps: 100, rates: [0.1, 1e-8] } },
  checkpoint: new Uint8Array(50).fill(step),
});
const moment = (step: number): Uint8Array => new Uint8Array(40).fill(step);

async function open(directory = new FakeDirectory()): Promise<{ directory: FakeDirectory; store: DiskStore }> {
  return { directory, store: await DiskStore.open(directory) };
}

/** The first file whose name begins with the prefix. */
function nameOf(directory: FakeDirectory, prefix: string): string {
  return [...directory.files.keys()].find((name) => name.startsWith(prefix)) ?? `no ${prefix}`;
}

/** Flips a bit in the last byte of a file, or in another one. */
function damage(directory: FakeDirectory, name: string, at = -1): void {
  const bytes = directory.files.get(name)?.slice() ?? new Uint8Array();
  const index = at < 0 ? bytes.length + at : at;
  bytes[index] = (bytes[index] ?? 0) ^ 4;
  directory.files.set(name, bytes);
}

/** Replaces the content of a record by another text. */
function rewrite(directory: FakeDirectory, name: string, text: string): Promise<void> {
  return writeRecord(directory, name, { number: 1, refers: 1, bytes: new TextEncoder().encode(text) });
}

describe("a run", () => {
  test("loads as it was saved, in this tab and the next, any number of times", async () => {
    const { directory, store } = await open();
    expect(await store.load()).toBeUndefined();
    for (let step = 1; step <= 5; step++) {
      await store.save(run(step));
      expect(await store.load()).toEqual(run(step));
      const next = await open(directory);
      expect(await next.store.load()).toEqual(run(step));
      expect(next.store).toMatchObject({ kind: "disk", trouble: undefined });
    }
  });

  test.each<[what: string, about: SavedRun["about"], size: number]>([
    ["nothing", {}, 0],
    ["one byte", { text: "" }, 1],
    ["emoji, half of one, quotes and line ends", { text: '😀\ud83d"\n\r\u2028\0\uFEFF' }, 3],
    ["a megabyte", { text: "abcdefgh".repeat(2 ** 17) }, 2 ** 20],
  ])("may hold %s", async (_, about, size) => {
    const { directory, store } = await open();
    const saved = { about, checkpoint: new Uint8Array(size).fill(7) };
    await store.save(saved);
    const loaded = await (await open(directory)).store.load();
    expect(loaded?.about).toEqual(about);
    // expect takes four seconds to compare a megabyte byte by byte.
    expect(Buffer.from(loaded?.checkpoint ?? []).equals(saved.checkpoint)).toBe(true);
  });

  test("has its text written once, until it changes", async () => {
    const { directory, store } = await open();
    const bytesOf = async (action: Promise<void>): Promise<number> => {
      directory.changes.length = 0;
      await action;
      return directory.changes.reduce((sum, change) => sum + (change.kind === "write" ? change.bytes.length : 0), 0);
    };
    const first = await bytesOf(store.save(run(1)));
    const second = await bytesOf(store.save(run(2)));
    expect(first - second).toBe(32 + 1 + JSON.stringify(run(2).about).length);
    expect(second).toBe(32 + 50 + 1);
    const next = await open(directory);
    expect(await bytesOf(next.store.save(run(3)))).toBe(second);
    expect(await bytesOf(next.store.save(run(4, "other")))).toBeGreaterThan(second);
  });

  test("is seen to have changed even if the same object was mutated", async () => {
    const { directory, store } = await open();
    const about = { numSteps: 100 };
    await store.save({ about, checkpoint: Uint8Array.of(1) });
    about.numSteps = 200;
    await store.save({ about, checkpoint: Uint8Array.of(2) });
    expect((await (await open(directory)).store.load())?.about).toEqual({ numSteps: 200 });
  });

  test("leaves no unneeded file behind", async () => {
    const { directory, store } = await open();
    for (let step = 0; step < 20; step++) await store.save(run(step, `text ${step >> 1}`));
    expect([...directory.files.keys()].sort()).toEqual(["about-17", "about-19", "run-a", "run-b"]);
  });

  test("is saved in the order of the calls, even if none is awaited", async () => {
    const { store } = await open();
    const calls = [1, 2, 3, 4].map((step) => [store.save(run(step)), store.addMoment(step, moment(step))]);
    expect(await store.load()).toEqual(run(4));
    await Promise.all(calls.flat());
    expect(await store.moments()).toEqual([1, 2, 3, 4]);
  });

  test("is written completely if a file takes a little at a time, and if it is still held by a closed tab", async () => {
    const { directory, store } = await open();
    directory.atOnce = 7;
    directory.heldFor.set("run-a", 2);
    await store.save(run(1));
    expect(await (await open(directory)).store.load()).toEqual(run(1));
  });
});

describe("a damaged run file", () => {
  const SIZE = 32 + 50;

  test.each(Array.from({ length: SIZE }, (_, at) => at).filter((at) => at !== 31))(
    "at byte %i: the previous run is loaded, and the file kept",
    async (at) => {
      const { directory, store } = await open();
      await store.save(run(1));
      await store.save(run(2));
      damage(directory, "run-b", at);
      const bad = directory.files.get("run-b");
      const next = await open(directory);
      // Three bytes are unused.
      const unused = at >= 28 && at < 31;
      expect(await next.store.load()).toEqual(run(unused ? 2 : 1));
      expect(next.store.trouble).toBeUndefined();
      for (const step of [3, 4, 5]) await next.store.save(run(step));
      expect(directory.files.get("damaged-run-b")).toEqual(unused ? undefined : bad);
      expect(await (await open(directory)).store.load()).toEqual(run(5));
    },
  );

  test.each<[what: string, harm: (directory: FakeDirectory) => unknown]>([
    ["the only run", (directory) => damage(directory, "run-a")],
    ["its text", (directory) => damage(directory, nameOf(directory, "about-"))],
    [
      "its text, which is whole but no JSON",
      (directory) => rewrite(directory, nameOf(directory, "about-"), '{"text":'),
    ],
    ["its text, which is gone", (directory) => directory.files.delete(nameOf(directory, "about-"))],
    ["its end", (directory) => directory.files.set("run-a", directory.files.get("run-a")?.slice(0, 60) ?? moment(0))],
    ["other bytes altogether", (directory) => directory.files.set("run-a", moment(9))],
  ])("%s: nothing is loaded, the trouble is reported, and the file is kept", async (_, harm) => {
    const { directory, store } = await open();
    await store.save(run(1));
    await store.addMoment(1, moment(1));
    await harm(directory);
    const bad = directory.files.get("run-a");
    for (let tab = 0; tab < 2; tab++) {
      const next = await open(directory);
      expect(await next.store.load()).toBeUndefined();
      expect(next.store.trouble).toBe("corrupt");
      expect(await next.store.moments()).toEqual([1]);
    }
    const last = await open(directory);
    await last.store.clear();
    await last.store.save(run(2));
    expect(last.store.trouble).toBeUndefined();
    expect(await last.store.load()).toEqual(run(2));
    expect(directory.files.get("damaged-run-a")).toEqual(bad);
    expect((await open(directory)).store.trouble).toBeUndefined();
  });
});

test("a run that is whole but unreadable is set aside before the next one", async () => {
  const { directory, store } = await open();
  await store.save(run(1));
  await store.setAside();
  expect(store.trouble).toBe("corrupt");
  const before = [...(directory.files.get(nameOf(directory, "run-")) ?? [])];
  await store.clear();
  await store.save(run(2));
  expect(store.trouble).toBeUndefined();
  expect([...(directory.files.get(nameOf(directory, "damaged-run-")) ?? [])]).toEqual(before);
  expect(nameOf(directory, "damaged-about-")).not.toContain("no ");
});

describe("moments", () => {
  test("are kept by step, in this tab and the next", async () => {
    const { directory, store } = await open();
    await store.save(run(1));
    for (const step of [100, 0, 20, 3]) await store.addMoment(step, moment(step));
    await store.addMoment(20, moment(21));
    for (const each of [store, (await open(directory)).store]) {
      expect(await each.moments()).toEqual([0, 3, 20, 100]);
      expect(await each.moment(20)).toEqual(moment(21));
      expect(await each.moment(4)).toBeUndefined();
    }
    await store.dropMoments([3, 4, 100]);
    expect(await (await open(directory)).store.moments()).toEqual([0, 20]);
  });

  test("that are damaged are missing", async () => {
    const { directory, store } = await open();
    await store.addMoment(5, moment(5));
    damage(directory, "moment-5");
    expect(await store.moment(5)).toBeUndefined();
  });

  test("are removed with the run, and leftovers do not appear in another run", async () => {
    const { directory, store } = await open();
    await store.save(run(1));
    await store.addMoment(5, moment(5));
    await store.clear();
    expect([await store.load(), await store.moments(), directory.size]).toEqual([undefined, [], 0]);
    await store.addMoment(6, moment(6));
    expect(await (await open(directory)).store.moments()).toEqual([]);
  });
});

describe("without enough space", () => {
  test("at any number of bytes, a save succeeds or is refused, and earlier saves stay", async () => {
    const needed = await (async () => {
      const { directory, store } = await open();
      for (const step of [1, 2, 3]) await store.save(run(step));
      await store.save(run(4, "another text"));
      return directory.size;
    })();
    let refused = 0;
    for (let capacity = 0; capacity <= needed; capacity += 3) {
      const { directory, store } = await open();
      directory.capacity = capacity;
      let kept: SavedRun | undefined;
      for (const next of [run(1), run(2), run(3), run(4, "another text")]) {
        const before = directory.size;
        try {
          await store.save(next);
          kept = next;
          expect(store.trouble).toBeUndefined();
        } catch (error) {
          refused++;
          expect(error).toBeInstanceOf(StoreFull);
          expect(error).toMatchObject({ name: "StoreFull", code: "full" });
          expect(store.trouble).toBe("full");
          expect(directory.size).toBeLessThanOrEqual(before);
        }
        expect(await store.load()).toEqual(kept);
        expect(await (await open(new FakeDirectory(directory.files))).store.load()).toEqual(kept);
      }
    }
    expect(refused).toBeGreaterThan(100);
  });

  test("every other moment is dropped, but never 0 or the newest, and the save is retried once", async () => {
    const { directory, store } = await open();
    await store.save(run(1));
    for (const step of [0, 1, 2, 5, 10, 20]) await store.addMoment(step, moment(step));
    directory.capacity = directory.size;
    await store.save(run(2));
    expect(await store.moments()).toEqual([0, 2, 10, 20]);
    expect(store.trouble).toBeUndefined();
    expect(await (await open(directory)).store.load()).toEqual(run(2));
  });

  test("copies of damaged files are dropped first", async () => {
    const { directory, store } = await open();
    await store.save(run(1));
    damage(directory, "run-a");
    const next = await open(directory);
    await next.store.clear();
    expect(nameOf(directory, "damaged-")).toBe("damaged-run-a");
    const alone = await open();
    await alone.store.save(run(2, ""));
    directory.capacity = alone.directory.size;
    await next.store.save(run(2, ""));
    expect(await next.store.load()).toEqual(run(2, ""));
    expect(nameOf(directory, "damaged-")).toBe("no damaged-");
  });

  test("a moment is refused, and the others and the run stay", async () => {
    const { directory, store } = await open();
    await store.save(run(1));
    await store.addMoment(0, moment(0));
    directory.capacity = directory.size + 20;
    await expect(store.addMoment(5, moment(5))).rejects.toThrow(StoreFull);
    expect(store.trouble).toBe("full");
    for (const each of [store, (await open(directory)).store]) {
      expect(await each.moments()).toEqual([0]);
      expect(await each.load()).toEqual(run(1));
    }
    directory.capacity = Infinity;
    await store.save(run(2));
    expect(store.trouble).toBeUndefined();
  });

  test("a disk that takes no byte, without an error, counts as full", async () => {
    const { directory, store } = await open();
    await store.save(run(1));
    directory.atOnce = 0;
    await expect(store.save(run(2))).rejects.toThrow(StoreFull);
    expect(await store.load()).toEqual(run(1));
  });
});

describe("when the site's storage is cleared while its page is open", () => {
  test.each<[what: string, write: (store: DiskStore) => Promise<void>, kept: SavedRun | undefined, moments: number[]]>([
    ["the next save is kept whole, with its text", (store) => store.save(run(3)), run(3), []],
    ["the next moment is kept, and the save after it", (store) => store.addMoment(9, moment(9)), undefined, [9]],
  ])("%s", async (_, write, kept, moments) => {
    const before = new FakeDirectory();
    const after = new FakeDirectory();
    const store = await DiskStore.open(before, async () => after);
    await store.save(run(1));
    await store.save(run(2));
    await store.addMoment(0, moment(0));
    before.isGone = true;
    await write(store);
    expect(await store.load()).toEqual(kept);
    expect(await store.moments()).toEqual(moments);
    await store.save(run(4));
    const next = (await open(after)).store;
    expect(await next.load()).toEqual(run(4));
    expect(await next.moments()).toEqual(moments);
  });
});
