import { describe, expect, test } from "vitest";
import {
  checkValue,
  defaultsOf,
  type Fields,
  type Kind,
  readRecord,
  renamed,
  type Settings,
  someSettings,
} from "./setting.ts";

interface Oven {
  readonly minutes: number;
  readonly heat: "low" | "high";
  readonly degrees: number;
  readonly fan: boolean;
}

const OVEN: Settings<Oven> = {
  minutes: { kind: "whole", min: 1, default: 30 },
  heat: { kind: "word", words: ["low", "high"], default: "low" },
  degrees: { kind: "above", above: 0, max: 300, default: 180 },
  fan: { kind: "flag", default: false, since: "0.2" },
};

describe("a value is of its kind or refused with the range", () => {
  test.each<[kind: Kind, right: unknown, wrong: unknown, range: string]>([
    [{ kind: "whole", min: 1 }, 1, 0, "a whole number, 1 or more"],
    [{ kind: "above", above: 0 }, 1e-9, 0, "a finite number above 0"],
    [{ kind: "from", from: 0, below: 1 }, 0, 1, "at least 0 and below 1"],
    [{ kind: "from", from: 0 }, 0, Infinity, "a finite number, 0 or more"],
    [{ kind: "word", words: ["a", "b"] }, "b", "c", "one of a, b"],
    [{ kind: "text" }, "", 1, "a string"],
    [{ kind: "flag" }, false, 0, "true or false"],
  ])("%j", (kind, right, wrong, range) => {
    expect(checkValue("test", "x", right, kind)).toBe(right);
    expect(() => checkValue("test", "x", wrong, kind)).toThrow(`test: expected x to be ${range}`);
  });
});

test("the defaults are those of the rows", () => {
  expect(defaultsOf(OVEN)).toEqual({ minutes: 30, heat: "low", degrees: 180, fan: false });
});

describe("a record is read by its names on disk", () => {
  const read = (json: unknown): Oven => readRecord<Oven>("oven", OVEN, json);
  const old = { minutes: 5, heat: "high", degrees: 200 };

  test("a missing field of an older file means its default", () => {
    expect(read(old)).toEqual({ ...old, fan: false });
    expect(read({ ...old, fan: true })).toEqual({ ...old, fan: true });
  });

  test("a field that may be missing is left out", () => {
    const fields: Fields<{ readonly dishName: string; readonly note?: string }> = {
      dishName: { kind: "text" },
      note: { kind: "text", since: "0.3" },
    };
    expect(readRecord("dish", fields, { dish_name: "pie" })).toEqual({ dishName: "pie" });
    expect(readRecord("dish", fields, { dish_name: "pie", note: "hot" })).toEqual({ dishName: "pie", note: "hot" });
  });

  test.each<[json: unknown, message: string]>([
    [[], "oven: expected oven to be an object, got []"],
    [null, "oven: expected oven to be an object, got null"],
    [{ ...old, minutes: undefined }, "oven: expected minutes to be a whole number, 1 or more, got undefined"],
    [{ heat: "low", degrees: 1 }, "oven: expected minutes, got none"],
    [{ ...old, minuts: 1 }, 'oven: expected known names, got "minuts" (did you mean minutes?)'],
    [{ ...old, constructor: 1 }, 'oven: expected known names, got "constructor"; leave it out'],
    [{ ...old, degrees: 301 }, "oven: expected degrees to be a finite number above 0 and at most 300, got 301"],
  ])("%j is refused", (json, message) => {
    expect(() => read(json)).toThrow(message);
  });
});

describe("a field under a former name", () => {
  const fields: Settings<{ readonly heat: "low" | "high" }> = {
    heat: {
      kind: "word",
      words: ["low", "high"],
      default: "low",
      since: "0.2",
      formerly: { name: "flame", values: { small: "low", large: "high" } },
    },
  };

  test("and its value get their present names", () => {
    expect(renamed("oven", fields, { flame: "large", other: 1 })).toEqual({ heat: "high", other: 1 });
    expect(readRecord("oven", fields, { flame: "small" })).toEqual({ heat: "low" });
    expect(readRecord("oven", fields, { heat: "high" })).toEqual({ heat: "high" });
  });

  test("accepts only its former values", () => {
    expect(() => renamed("oven", fields, { flame: "high" })).toThrow("oven: expected flame to be one of small, large");
    expect(() => readRecord("oven", fields, { flame: "toString" })).toThrow("flame to be one of small, large");
  });
});

test("some settings are checked alone", () => {
  const some = (given: unknown): Partial<Oven> => someSettings("bake", "the oven", OVEN, given);
  expect(some({})).toEqual({});
  expect(some({ fan: true, minutes: 1 })).toEqual({ fan: true, minutes: 1 });
  expect(() => some({ fan: undefined })).toThrow("bake: expected fan to be true or false");
  expect(() => some({ fann: true })).toThrow('bake: expected a known field in the oven, got "fann"; write fan');
  expect(() => some(1)).toThrow("bake: expected the oven to be an object, got 1");
});
