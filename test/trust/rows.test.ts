/**
 * Checks the table of README.md against the tests: each row has some, and each test with a row's number has its row.
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const table = readFileSync(new URL("README.md", import.meta.url), "utf8");
const rows = [...table.matchAll(/^\| (\d+) \|/gm)].map(([, row]) => Number(row));

const tests = ["src", "lab/src", "test"]
  .flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((file) => join(folder, file)),
  )
  .filter((file) => file.endsWith(".test.ts"));
/** Titles begin with the row, in a call of test, it or describe or in the first entry of a table of cases. */
const titled = tests.flatMap((file) =>
  [...readFileSync(join(root, file), "utf8").matchAll(/["'`]row (\d+): /g)].map(([, row]) => Number(row)),
);

test("the rows are numbered 1 to 37", () => {
  expect(rows).toEqual(Array.from({ length: 37 }, (_, i) => i + 1));
});

test.each(rows)("row %i has a test whose title begins with its number", (row) => {
  expect(titled).toContain(row);
});

test("no test names a missing row", () => {
  expect(titled.filter((row) => !rows.includes(row))).toEqual([]);
});
