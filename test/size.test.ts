/** The size of a page that imports part of the library. */

import { expect, test } from "vitest";
import { bundledSize } from "../scripts/size.ts";

test.each<[names: string, file: string, bytes: number]>([
  ["GPT, train", "index.js", 61_000],
  ["sample", "index.js", 9_500],
  ["crc32", "index.js", 5_500],
  ["Value", "value.js", 700],
])("a page that imports %s of %s loads at most %d bytes", async (names, file, bytes) => {
  expect(await bundledSize(names, file)).toBeLessThan(bytes);
});
