/** The size of a page that imports part of the library. */

import { expect, test } from "vitest";
import { bundledSize } from "../scripts/size.ts";

test("a page that imports GPT and train loads at most 58.5 kB", async () => {
  expect(await bundledSize("GPT, train", "index.js")).toBeLessThan(58_500);
});

test("a page that imports Value loads at most 0.7 kB", async () => {
  expect(await bundledSize("Value", "value.js")).toBeLessThan(700);
});
