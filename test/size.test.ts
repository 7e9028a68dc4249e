/** The size of a page that imports part of the library. */

import { expect, test } from "vitest";
import { bundledSize } from "../scripts/size.ts";

test("a page that imports GPT and train loads at most 51.5 kB at once, and 60 kB in all", async () => {
  const { atOnce, total } = await bundledSize("GPT, train", "index.js");
  expect(atOnce).toBeLessThan(51_500);
  expect(total).toBeLessThan(60_000);
});

test("a page that imports Value loads at most 0.7 kB", async () => {
  expect((await bundledSize("Value", "value.js")).total).toBeLessThan(700);
});
