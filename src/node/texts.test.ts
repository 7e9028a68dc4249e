import { appendFileSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { DATA_MODES } from "../data/corpus.ts";
import { FORMATS, type Source } from "./source.ts";
import { findSources } from "./sources.ts";
import { readTexts, type TextOptions } from "./texts.ts";

const root = mkdtempSync(join(tmpdir(), "microgpt-texts-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** All texts, with their pieces joined. */
async function textsOf(sources: readonly Source[], options: TextOptions): Promise<string[]> {
  const all: string[] = [];
  for await (const { texts, continues } of readTexts(sources, options)) {
    for (const [i, text] of texts.entries()) {
      if (i === 0 && continues) all.push((all.pop() ?? "") + text);
      else all.push(text);
    }
  }
  return all;
}

const cell = fc.string({
  unit: fc.constantFrom("a", "é", "😀", " ", ",", '"', "\n", "\r\n", "\r", "\t"),
  maxLength: 12,
});

const flat = (text: string): string => text.replaceAll(/\s/g, "_");

/** The same cells in each format. */
const write: { readonly [F in Source["format"]]: (cells: readonly string[]) => string } = {
  text: (cells) => cells.join("\n"),
  sections: (cells) => cells.map((text) => `${text.replace(/\r\n?/g, "\n")}\n%\n`).join(""),
  jsonl: (cells) => cells.map((text) => JSON.stringify({ text })).join("\r\n"),
  json: (cells) => JSON.stringify(cells.map((text, i) => (i % 2 === 0 ? text : { id: [i], text }))),
  csv: (cells) => ["text", ...cells].map((text) => `"${text.replaceAll('"', '""')}"`).join("\n"),
  // TSV fields end at every tab and line end.
  tsv: (cells) => ["id\ttext", ...cells.map((text) => `1\t"${flat(text).replaceAll('"', '""')}"`)].join("\n"),
};

test.each(FORMATS.flatMap((format) => DATA_MODES.map((mode) => [format, mode] as const)))(
  "%s in %s mode reads the same for any chunk size",
  async (format, mode) => {
    await fc.assert(
      fc.asyncProperty(fc.array(cell, { maxLength: 8 }), fc.integer({ min: 1, max: 9 }), async (cells, chunkBytes) => {
        const bytes = new TextEncoder().encode(`\uFEFF${write[format](cells)}`);
        const source: Source = { name: "x", format, size: bytes.length, bytes };
        const all = await textsOf([source, source], { mode, chunkBytes });
        expect(all).toEqual(await textsOf([source, source], { mode }));
        if (format === "text" || mode === "documents") return;
        const kept = cells.map((text) => (format === "tsv" ? flat(text) : text.replace(/\r\n?/g, "\n")));
        const expected = kept.filter((text) => text !== "");
        expect(all).toEqual([...expected, ...expected]);
      }),
      { numRuns: 50 },
    );
  },
);

describe("a file that changes while being read is refused", () => {
  test.each<[what: string, change: (path: string) => void]>([
    ["before", (path) => appendFileSync(path, "more")],
    ["in its time only", (path) => utimesSync(path, 1, 1)],
  ])("%s", async (_, change) => {
    const path = join(root, "changing.txt");
    writeFileSync(path, "text\n".repeat(10));
    const { files } = await findSources([path]);
    change(path);
    await expect(textsOf(files, { mode: "stream" })).rejects.toThrow(
      /a file that does not change, got one that changed while it was/,
    );
  });

  test("between two pieces", async () => {
    const path = join(root, "changing.txt");
    writeFileSync(path, "text\n".repeat(10));
    const { files } = await findSources([path]);
    const reading = readTexts(files, { mode: "stream", chunkBytes: 16 });
    await reading.next();
    appendFileSync(path, "more");
    const rest = async (): Promise<void> => {
      for await (const _ of reading);
    };
    await expect(rest()).rejects.toThrow(
      "(50 bytes before, 54 now); wait until nothing writes to it, then run this again",
    );
  });
});

test("pieces of running text are as small as the chunks", async () => {
  const bytes = new TextEncoder().encode("x".repeat(100_000));
  const source: Source = { name: "x", format: "text", size: bytes.length, bytes };
  for await (const { texts } of readTexts([source], { mode: "stream", chunkBytes: 1000 })) {
    expect(texts.join("").length).toBeLessThanOrEqual(1000);
  }
});
