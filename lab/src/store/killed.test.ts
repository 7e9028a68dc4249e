/** A tab that is closed, or a machine that stops, at any moment: the previous run or the new one is read afterwards. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DiskStore } from "./disk-store.ts";
import { apply, type Change, FakeDirectory, type Files } from "./fake-directory.ts";
import type { FoundRun, SavedRun } from "./store.ts";

const run = (step: number, text = "anna bob"): SavedRun => ({
  about: { text },
  checkpoint: Uint8Array.from({ length: 20 + step }, (_, i) => (i + 1) * step),
});

/** The contents of a folder if a series of changes is cut off: between two changes, and at every byte of a write. */
function* cuts(before: Files, changes: readonly Change[]): Generator<Files, void> {
  const files = new Map(before);
  yield new Map(files);
  for (const change of changes) {
    if (change.kind === "write") {
      for (let length = 1; length < change.bytes.length; length++) {
        const part = new Map(files);
        apply(part, { ...change, bytes: change.bytes.subarray(0, length) });
        yield part;
      }
    }
    apply(files, change);
    yield new Map(files);
  }
}

interface Case {
  readonly what: string;
  readonly saves: readonly SavedRun[];
  readonly act: (store: DiskStore) => Promise<void>;
  readonly after: SavedRun | undefined;
}

const CASES: readonly Case[] = [
  { what: "the first save", saves: [], act: (store) => store.save(run(1)), after: run(1) },
  { what: "the second save", saves: [run(1)], act: (store) => store.save(run(2)), after: run(2) },
  { what: "the fourth save", saves: [1, 2, 3].map((i) => run(i)), act: (store) => store.save(run(4)), after: run(4) },
  {
    what: "a save of less",
    saves: [9, 8, 7].map((i) => run(i)),
    act: (store) => store.save(run(0)),
    after: run(0),
  },
  {
    what: "a save with another text",
    saves: [run(1), run(2), run(3, "eve")],
    act: (store) => store.save(run(4, "otto and a longer text")),
    after: run(4, "otto and a longer text"),
  },
  {
    what: "a moment",
    saves: [run(1), run(2)],
    act: (store) => store.addMoment(7, Uint8Array.of(7, 7)),
    after: run(2),
  },
  { what: "clear", saves: [1, 2, 3].map((i) => run(i)), act: (store) => store.clear(), after: undefined },
];

/** A folder after some saves, one moment, and then `act`, with the changes it made. */
async function acted({ saves, act }: Case): Promise<{ before: Files; changes: readonly Change[] }> {
  const directory = new FakeDirectory();
  const store = await DiskStore.open(directory);
  for (const saved of saves) await store.save(saved);
  if (saves.length > 0) await store.addMoment(0, Uint8Array.of(1, 2, 3));
  const before = new Map(directory.files);
  directory.changes.length = 0;
  await act(store);
  return { before, changes: directory.changes };
}

/** The state that a new tab finds. */
async function reopened(files: Files): Promise<{ run: FoundRun | undefined; store: DiskStore }> {
  const store = await DiskStore.open(new FakeDirectory(files));
  const found = await store.load();
  expect(store.trouble).toBeUndefined();
  return { run: found, store };
}

describe.each(CASES)("killed within $what", (scene) => {
  const { saves, after } = scene;

  test("at every byte", async () => {
    const { before, changes } = await acted(scene);
    const found: (FoundRun | undefined)[] = [];
    for (const files of cuts(before, changes)) {
      const { run: now, store } = await reopened(files);
      expect([saves.at(-1), after]).toContainEqual(now);
      // Once present, the new one stays; and the next action loses none.
      if (found.at(-1) !== undefined || saves.length === 0) found.push(now);
      for (const step of await store.moments()) expect(await store.moment(step)).toHaveLength(step === 0 ? 3 : 2);
      await store.save(run(30));
      expect(await store.load()).toEqual(run(30));
    }
    expect((await reopened([...cuts(before, changes)].at(-1) ?? new Map())).run).toEqual(after);
  });

  test("with the machine, if unflushed data is only partly on the disk", async () => {
    const { before, changes } = await acted(scene);
    const cut = fc.integer({ min: 0, max: changes.length });
    await fc.assert(
      fc.asyncProperty(cut, fc.infiniteStream(fc.boolean()), async (length, lost) => {
        const files = new Map(before);
        const done = changes.slice(0, length);
        for (const [i, change] of done.entries()) {
          const flushed = done.slice(i).some(({ kind, name }) => kind === "flush" && name === change.name);
          const ofFile = change.kind === "write" || change.kind === "truncate";
          if (ofFile && !flushed && lost.next().value === true) continue;
          apply(files, change);
        }
        expect([saves.at(-1), after]).toContainEqual((await reopened(files)).run);
      }),
      { numRuns: 200 },
    );
  });
});
