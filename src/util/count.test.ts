import { expect, test } from "vitest";
import { count } from "./count.ts";

test.each([0, 9, 999, 1000, 12_345, 999_999, 1_000_000, 1_234_567_890, -1234])("count(%d)", (n) => {
  expect(count(n)).toBe(n.toLocaleString("en"));
});
