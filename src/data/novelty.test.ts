import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Corpus } from "./corpus.ts";
import { LongestRuns } from "./longest-runs.ts";
import { noveltyReport } from "./novelty.ts";

const names: Corpus = { name: "names.txt", docs: ["emma", "olivia", "ava"] };
const prose: Corpus = {
  name: "prose.txt",
  mode: "stream",
  docs: ["It was the best of times, it was the worst of times.", "Call me Ishmael. 😀 Some years ago"],
};

describe("documents", () => {
  test.each<[samples: string[], copied: number, duplicates: number, summary: string]>([
    [[], 0, 0, "0 of 0 samples are in names.txt word for word"],
    [["emmi", "av", "emmaolivia"], 0, 0, "0 of 3 samples are in names.txt word for word"],
    [["ava", "emmi", "emma"], 2, 0, "2 of 3 samples are in names.txt word for word"],
    [["ava", "ava", "x", "x", "x"], 2, 3, "2 of 5 samples are in names.txt word for word, 3 repeated"],
  ])("%j", (samples, copied, duplicates, summary) => {
    const expected = { mode: "documents", samples: samples.length, copied, duplicates, repetitive: 0, summary };
    expect(noveltyReport(samples, names)).toEqual(expected);
  });
});

describe("running text", () => {
  test("counts as copied if it contains a long enough run", () => {
    const samples = ["Oh, it was the best of all", "me Ishmael. 😀 Some say", "new", "new"];
    expect(noveltyReport(samples, prose, { minRun: 17 })).toEqual({
      mode: "stream",
      samples: 4,
      copied: 2,
      duplicates: 1,
      repetitive: 0,
      minRun: 17,
      longestRun: "me Ishmael. 😀 Some ",
      summary:
        "2 of 4 samples copy 17 characters or more in a row from prose.txt, 1 repeated; " +
        'the longest run has 19: "me Ishmael. 😀 Some "',
    });
    // An emoji is one character.
    expect(noveltyReport(samples.slice(1), prose, { minRun: 19 })).toMatchObject({
      copied: 1,
      longestRun: "me Ishmael. 😀 Some ",
    });
    expect(noveltyReport(samples.slice(1), prose, { minRun: 20 })).toMatchObject({ copied: 0 });
  });

  test("needs 50 characters by default", () => {
    const text = prose.docs[0] ?? "";
    expect(noveltyReport([text.slice(0, 50), text.slice(1, 50)], prose)).toMatchObject({ copied: 1, minRun: 50 });
  });

  test("has no runs across two files or two samples", () => {
    const corpus: Corpus = { name: "two", mode: "stream", docs: ["abc", "def"] };
    expect(noveltyReport(["bcde"], corpus).longestRun).toBe("bc");
    expect(noveltyReport(["b", "c"], corpus).longestRun).toBe("b");
  });

  test("handles no data, and empty samples", () => {
    expect(noveltyReport([], prose)).toMatchObject({ copied: 0, longestRun: "" });
    expect(noveltyReport([""], prose)).toMatchObject({ copied: 0, longestRun: "" });
    expect(noveltyReport(["x"], { ...prose, docs: [] })).toMatchObject({ copied: 0, longestRun: "" });
  });

  test.each([0, 1.5])("errors: runs of %d characters", (minRun) => {
    expect(() => noveltyReport(["a"], prose, { minRun })).toThrow(
      "novelty: expected minRun to be a whole number, 1 or more",
    );
  });
});

describe("the longest runs", () => {
  const word = (maxLength: number): fc.Arbitrary<string> =>
    fc.string({ unit: fc.constantFrom("a", "b", "😀"), maxLength });

  function naive(text: string, corpus: readonly string[]): string {
    const chars = [...text];
    for (let length = chars.length; length > 0; length--) {
      for (let at = 0; at + length <= chars.length; at++) {
        const run = chars.slice(at, at + length).join("");
        if (corpus.some((part) => part.includes(run))) return run;
      }
    }
    return "";
  }

  test("are those of brute force", () => {
    fc.assert(
      fc.property(fc.array(word(12), { maxLength: 4 }), fc.array(word(30), { maxLength: 3 }), (texts, corpus) => {
        const search = new LongestRuns(texts);
        for (const part of corpus) search.read(part);
        expect(search.runs()).toEqual(texts.map((text) => naive(text, corpus)));
      }),
      { numRuns: 500 },
    );
  });

  test("are at least as long as any substring of the corpus in a sample", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme", minLength: 1, maxLength: 200 }),
        fc.nat(),
        fc.nat(),
        fc.string({ unit: "grapheme" }),
        fc.string(),
        (text, a, b, before, after) => {
          const chars = [...text];
          const [from, to] = [a % chars.length, b % (chars.length + 1)].sort((x, y) => x - y) as [number, number];
          const copied = chars.slice(from, to);
          const search = new LongestRuns(["other", before + copied.join("") + after]);
          search.read(text);
          expect([...(search.runs()[1] ?? "")].length).toBeGreaterThanOrEqual(copied.length);
        },
      ),
    );
  });

  test("are found in megabytes of text, even if everything repeats", () => {
    const search = new LongestRuns(["a".repeat(20_000), "ab".repeat(10_000)]);
    search.read("a".repeat(1_000_000));
    search.read("ba".repeat(100_000));
    expect(search.runs().map(({ length }) => length)).toEqual([20_000, 20_000]);
  });
});
