import { expect, test } from "vitest";
import { type Box, placeCard } from "./place-card.ts";

const card = { width: 300, height: 200 };
const desk = { width: 1280, height: 900 };
const phone = { width: 390, height: 844 };
const box = (left: number, top: number, width: number, height: number): Box => ({ left, top, width, height });

test.each([
  ["nothing to stand beside: the lower right corner", desk, undefined, [], [968, 688]],
  ["room below", desk, box(100, 100, 400, 100), [], [100, 212]],
  ["no room below: above", desk, box(100, 600, 400, 250), [], [100, 388]],
  ["as high as the window: to the right", desk, box(100, 0, 400, 900), [], [512, 12]],
  ["and at the right edge: to the left", desk, box(800, 0, 480, 900), [], [488, 12]],
  [
    "something else is mentioned below: the other side",
    desk,
    box(100, 300, 400, 100),
    [box(100, 400, 400, 300)],
    [100, 88],
  ],
  [
    "all sides taken but a corner",
    desk,
    box(0, 0, 1280, 200),
    [box(0, 200, 760, 300), box(760, 200, 520, 700)],
    [12, 688],
  ],
  ["a phone, at the right end of a line: pushed inside", phone, box(300, 60, 80, 40), [], [78, 112]],
  ["a phone, full width, in the upper half", phone, box(0, 60, 390, 400), [], [12, 472]],
  ["higher than the window, wherever its top: its beginning is seen", phone, box(8, 72, 374, 2000), [], [12, 632]],
  ["scrolled out of sight above: at the upper edge", desk, box(100, -500, 400, 100), [], [100, 12]],
] as const)("%s", (_, window, target, also, [left, top]) => {
  expect(placeCard(card, window, target, also)).toEqual({ ...card, left, top });
});

test("a target that fills the window is covered, but the card stays inside", () => {
  const { left, top } = placeCard(card, phone, box(0, 0, 390, 2000), []);
  expect([left >= 0 && left + 300 <= 390, top >= 0 && top + 200 <= 844]).toEqual([true, true]);
});
