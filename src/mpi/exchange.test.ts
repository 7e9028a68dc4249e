import { expect, test } from "vitest";
import type { Ranks } from "../model/ranks.ts";
import { exchange } from "./exchange.ts";

/** A rank among others that say this; it says nothing by itself. */
function among(texts: readonly string[], rank: number): Ranks {
  const bytes = texts.map((text) => [...new TextEncoder().encode(text)]);
  const added = [bytes.map(({ length }) => length), bytes.flat()];
  return {
    rank,
    count: texts.length,
    sum: (numbers) => {
      const others = added.shift() ?? [];
      const own = numbers?.slice();
      numbers?.forEach((_, i) => {
        numbers[i] = Math.max(own?.[i] ?? 0, others[i] ?? 0);
      });
    },
  };
}

test.each([
  [["", "ä 你 😀", ""], 1],
  [["one", "two", "three"], 0],
  [["", ""], 1],
  [["alone"], 0],
])("the texts %j reach rank %d", (texts, rank) => {
  expect(exchange(among(texts, rank), texts[rank] ?? "")).toEqual(texts);
});
