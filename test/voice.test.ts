/** Comments read like plain English, as far as a script can tell. */

import { expect, test } from "vitest";
import { readAloud } from "../scripts/voice.ts";

test("under 1 % of the comment lines must be read twice", () => {
  const { lines, remarks } = readAloud();
  expect(lines).toBeGreaterThan(5000);
  const places = remarks.map(({ path, line, text }) => `${path}:${line}: ${text}`);
  expect(places.length, places.join("\n")).toBeLessThan(lines / 100);
});
