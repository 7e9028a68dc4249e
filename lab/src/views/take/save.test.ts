import { expect, test } from "vitest";
import { sizeInWords } from "./save.ts";

test.each([
  [812, "812 bytes"],
  [1000, "1.0 KB"],
  [40_200, "40 KB"],
  [1_340_000, "1.3 MB"],
  [86_000_000, "86 MB"],
])("%i bytes are %s", (bytes, text) => {
  expect(sizeInWords(bytes)).toBe(text);
});
