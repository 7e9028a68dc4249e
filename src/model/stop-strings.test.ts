import fc from "fast-check";
import { expect, test } from "vitest";
import { StopStrings } from "./stop-strings.ts";

/** The output of each piece, and of the end. */
function passed(stops: readonly string[], pieces: readonly string[]): string[] {
  const filter = new StopStrings(stops);
  return [...pieces.map((piece) => filter.push(piece)), filter.end()];
}

test.each<[what: string, stops: readonly string[], pieces: readonly string[], expected: readonly string[]]>([
  ["none", [], ["ab", "c"], ["ab", "c", ""]],
  ["in one piece", ["b"], ["abc", "d"], ["a", "", ""]],
  ["that spans pieces", ["bcd"], ["ab", "c", "de", "f"], ["a", "", "", "", ""]],
  ["that is begun, and then is another text", ["bcd"], ["ab", "c", "e"], ["a", "", "bce", ""]],
  ["that is begun at the end", ["bcd"], ["ab", "c"], ["a", "", "bc"]],
  ["that begins within its own beginning", ["aab"], ["a", "a", "a", "b", "c"], ["", "", "a", "", "", ""]],
  ["of which the first to be complete counts", ["abcd", "c"], ["a", "b", "c", "d"], ["", "", "ab", "", ""]],
  ["of which the first to be complete counts, in one piece as well", ["abcd", "c"], ["abcd"], ["ab", ""]],
  ["of which the longer counts that ends with another", ["bc", "c"], ["abc"], ["a", ""]],
  ["of which the longer counts, in the other order", ["c", "bc"], ["abc"], ["a", ""]],
  ["that appears twice", ["--"], ["a--b--c"], ["a", ""]],
  ["of a whole line", ["\n"], ["one", "\n", "two"], ["one", "", "", ""]],
])("a stop string %s", (_, stops, pieces, expected) => {
  expect(passed(stops, pieces)).toEqual(expected);
});

test("for any text, pieces and stop strings: it ends before the first one, and none of it was shown", () => {
  const word = (minLength: number, maxLength: number): fc.Arbitrary<string> =>
    fc.string({ unit: fc.constantFrom("a", "b"), minLength, maxLength });
  fc.assert(
    fc.property(fc.array(word(1, 4), { maxLength: 3 }), fc.array(word(0, 4)), (stops, pieces) => {
      const text = pieces.join("");
      let expected = text;
      // The shortest beginning of the text that ends with a stop string.
      for (let end = 1; end <= text.length && expected === text; end++) {
        const found = stops.filter((stop) => text.slice(0, end).endsWith(stop)).map(({ length }) => length);
        if (found.length > 0) expected = text.slice(0, end - Math.max(...found));
      }
      const filter = new StopStrings(stops);
      let shown = "";
      for (const piece of pieces) {
        shown += filter.push(piece);
        expect(expected.startsWith(shown)).toBe(true);
      }
      shown += filter.end();
      expect(shown).toBe(expected);
      expect(filter.found).toBe(stops.some((stop) => text.includes(stop)));
    }),
    { numRuns: 1000 },
  );
});
