import { expect, test } from "vitest";
import { type Cell, stepIn, stepInTable } from "./keys.ts";

test.each<[key: string, index: number, length: number, to: number | undefined]>([
  ["ArrowRight", 0, 3, 1],
  ["ArrowRight", 2, 3, 2],
  ["ArrowLeft", 2, 3, 1],
  ["ArrowLeft", 0, 3, 0],
  ["Home", 2, 3, 0],
  ["End", 0, 3, 2],
  ["End", 0, 0, undefined],
  ["Tab", 1, 3, undefined],
])("stepIn: %s at %d of %d moves to %s", (key, index, length, to) => {
  expect(stepIn(key, index, length)).toBe(to);
});

test.each<[key: string, from: Cell, to: Cell | undefined]>([
  ["ArrowDown", { row: 0, column: 1 }, { row: 1, column: 1 }],
  ["ArrowDown", { row: 1, column: 1 }, { row: 1, column: 1 }],
  ["ArrowUp", { row: 1, column: 2 }, { row: 0, column: 2 }],
  ["ArrowRight", { row: 1, column: 1 }, { row: 1, column: 2 }],
  ["Home", { row: 1, column: 2 }, { row: 1, column: 0 }],
  ["End", { row: 1, column: 0 }, { row: 1, column: 2 }],
  ["Enter", { row: 1, column: 0 }, undefined],
])("stepInTable, with 2 rows and 3 columns: %s at %j moves to %j", (key, from, to) => {
  expect(stepInTable(key, from, 2, 3)).toEqual(to);
});
