import { MODEL_SETTINGS, TRAINING_SETTINGS } from "microgpt";
import { expect, test } from "vitest";
import { SECTIONS } from "./fields.ts";

const fields = SECTIONS.flatMap((section) => section.fields);

test("the form has a field for every row of the tables of settings, and no other", () => {
  const rows = [...Object.keys(MODEL_SETTINGS), ...Object.keys(TRAINING_SETTINGS)];
  expect(fields.map(({ name }) => name).sort()).toEqual(rows.sort());
});

test("each has a label of its own and a line of help", () => {
  expect(new Set(fields.map(({ label }) => label)).size).toBe(fields.length);
  for (const { label, about } of fields)
    expect([label, about]).toEqual([expect.stringMatching(/^[A-Z]/), expect.stringMatching(/\w{3}/)]);
});
