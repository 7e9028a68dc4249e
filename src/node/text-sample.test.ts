import { expect, test } from "vitest";
import { TextSample } from "./text-sample.ts";

const whole = (text: string): string => text;

test("a text of less than 20 million characters is taken whole, in slices that never split a character", () => {
  const sample = new TextSample<number>(400_000);
  const text = `x${"😀".repeat(100_000)}`;
  sample.add(text, 0);
  sample.add("y", 1);
  const texts = sample.texts(whole);
  expect(texts.join("")).toBe(`${text}y`);
  expect(texts.length).toBeGreaterThan(3);
  expect(texts.join("|")).not.toMatch(/\p{Surrogate}/u);
});

test("a larger text is sampled evenly", () => {
  const sample = new TextSample<number>(400e6);
  const piece = "x".repeat(2 ** 18);
  const pieces = Math.floor(400e6 / piece.length);
  for (let i = 0; i < pieces; i++) sample.add(piece, i);
  const tenths = new Array<number>(10).fill(0);
  let taken = 0;
  sample.texts((text, i) => {
    const tenth = Math.floor((10 * i) / pieces);
    tenths[tenth] = (tenths[tenth] ?? 0) + text.length;
    taken += text.length;
    return text;
  });
  expect(Math.abs(taken - 20e6)).toBeLessThan(2 ** 17);
  for (const part of tenths) expect(Math.abs(part - 2e6)).toBeLessThan(2 ** 18);
});

test("unwanted text is left out, partly wanted text is cut", () => {
  const sample = new TextSample<number>(9);
  for (const [key, text] of ["abc", "def", "ghi"].entries()) sample.add(text, 3 * key);
  expect(sample.texts((text, start, at) => text.slice(0, Math.max(0, 4 - start - at)))).toEqual(["abc", "d"]);
});
