import { describe, expect, test } from "vitest";
import { lastMoment, playedAt, turnAt } from "./playback.ts";

describe("three things, moment by moment", () => {
  const states = (moment: number): string =>
    [0, 1, 2]
      .map((place) => {
        const { hasData, hasGradient, now } = playedAt(moment, place, 3);
        return `${hasData ? "d" : "-"}${hasGradient ? "g" : "-"}${now?.[0] ?? " "}`;
      })
      .join("|");

  test.each([
    [0, "-- |-- |-- "],
    [1, "d-f|-- |-- "],
    [2, "d- |d-f|-- "],
    [3, "d- |d- |d-f"],
    [4, "d- |d- |dgb"],
    [5, "d- |dgb|dg "],
    [6, "dgb|dg |dg "],
    [7, "dg |dg |dg "],
  ])("%i", (moment, expected) => {
    expect(states(moment)).toBe(expected);
  });

  test("the active part", () => {
    expect([0, 1, 3, 4, 6, 7].map((moment) => turnAt(moment, 3))).toEqual([
      undefined,
      { pass: "forward", place: 0 },
      { pass: "forward", place: 2 },
      { pass: "backward", place: 2 },
      { pass: "backward", place: 0 },
      undefined,
    ]);
    expect(lastMoment(3)).toBe(7);
  });
});
