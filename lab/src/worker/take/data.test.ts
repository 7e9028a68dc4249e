import type { Corpus } from "microgpt";
import { expect, test } from "vitest";
import { dataFile } from "./data.ts";

test.each<[corpus: Corpus, text: string]>([
  [{ name: "d", docs: ["a", "b c"] }, "a\nb c\n"],
  [{ name: "s", mode: "stream", docs: ["one\n\ntext"] }, "one\n\ntext"],
  [{ name: "s", mode: "stream", docs: ['a "b"\n', "c"] }, '{"text":"a \\"b\\"\\n"}\n{"text":"c"}\n'],
])("%j", (corpus, text) => {
  expect(dataFile(corpus)).toBe(text);
});
