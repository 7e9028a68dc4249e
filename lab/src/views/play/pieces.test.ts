import { expect, test } from "vitest";
import { isOfCharacters, tokenOf, tokensLike } from "./pieces.ts";

const model = { pieces: ["a", "\n", "\t", "\\x00", "\\xE2\\x82", "\\", "th", "the", " the", ""] };

test.each([
  ["a", 0],
  ["\\n", 1],
  ["\\t", 2],
  ["\\x00", 3],
  ["\\xe2\\x82", 4],
  ["\\", 5],
  [" the", 8],
  ["b", undefined],
  ["", undefined],
])("%j is the token %s", (typed, token) => {
  expect(tokenOf(typed, model)).toBe(token);
});

test("text that is not a token begins with some", () => {
  expect(tokensLike("then", model, 2)).toEqual(["the", "th"]);
  expect(tokensLike("xyz", model, 2)).toEqual([]);
});

test.each([
  ["characters", ["\\x07", "\t", "a", "😀", ""], true],
  ["bytes", ["a", "\\x80", "\\xC3", ""], false],
  ["parts of words", ["a", "th", ""], false],
])("%s", (_, pieces, ofCharacters) => {
  expect(isOfCharacters({ pieces })).toBe(ofCharacters);
});
