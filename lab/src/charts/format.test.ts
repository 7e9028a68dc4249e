import { expect, test } from "vitest";
import { fileName, nameable, numeral, tick, visible } from "./format.ts";

test.each<[x: number, text: string]>([
  [0, "0"],
  [2.104567, "2.105"],
  [-0.0312345, "-0.03123"],
  [12345.6, "12,350"],
  [0.00001234, "1.23e-5"],
  [-3e12, "-3.00e+12"],
  [Number.NaN, "–"],
])("numeral(%d) is %s", (x, text) => {
  expect(numeral(x)).toBe(text);
});

test.each<[x: number, text: string]>([
  [2500, "2,500"],
  [12_000, "12K"],
  [1_500_000, "1.5M"],
  [0.25, "0.25"],
])("tick(%d) is %s", (x, text) => {
  expect(tick(x)).toBe(text);
});

test("visible replaces invisible characters", () => {
  expect(visible(" a b\r\n\t")).toBe("␣a␣b␍⏎⇥");
});

test.each<[label: string, text: string]>([
  ["head 1", "head 1"],
  [" the", "␣the"],
  [" ", "␣"],
  ["a\nb", "a⏎b"],
])("nameable(%j) is %s", (label, text) => {
  expect(nameable(label)).toBe(text);
});

test.each<[title: string, name: string]>([
  ["Loss, so far", "loss-so-far"],
  ["  Größe (2)!", "größe-2"],
  ["…", "chart"],
])("fileName(%j) is %s", (title, name) => {
  expect(fileName(title)).toBe(name);
});
