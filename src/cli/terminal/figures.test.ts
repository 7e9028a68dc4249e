import { expect, test } from "vitest";
import { count } from "../../util/count.ts";
import { dateOf, loss, shortCount, tick, time } from "./figures.ts";

test.each<[shown: string, figure: string]>([
  [count(1234567), "1,234,567"],
  [shortCount(9999), "9,999"],
  [shortCount(12_345), "12.3k"],
  [shortCount(124_439_808), "124M"],
  [shortCount(3e9), "3B"],
  [loss(2.34567), "2.3457"],
  [loss(undefined), ""],
  [loss(1.234e20), "1.23e+20"],
  [tick(0), "0"],
  [tick(2.3456), "2.35"],
  [tick(0.0597), "0.0597"],
  [tick(0.00001), "1.0e-5"],
  [tick(123456), "1.2e+5"],
  [time(0.0461), "46 ms"],
  [time(2.51), "2.5 s"],
  [time(9.96), "10 s"],
  [time(59), "59 s"],
  [time(7200), "2.0 h"],
])("%s is %s", (shown, figure) => {
  expect(shown).toBe(figure);
});

test.each<[date: Date, shown: string]>([
  [new Date(2026, 4, 31, 4, 5), "04:05"],
  [new Date(2026, 0, 31, 4, 5), "Jan 31"],
  [new Date(2025, 0, 3), "2025-01-03"],
])("%s, on May 31, 2026, is %s", (date, shown) => {
  expect(dateOf(date, new Date(2026, 4, 31, 23))).toBe(shown);
});
