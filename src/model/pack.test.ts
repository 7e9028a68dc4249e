import { expect, test } from "vitest";
import { MicrogptError } from "../util/errors.ts";
import { pack } from "./pack.ts";

test("documents are concatenated, each row with its target, its position and the range it may see", () => {
  expect(
    pack(
      [
        [9, 1, 2, 9],
        [9, 9],
        [9, 3, 4, 5, 9],
      ],
      3,
    ),
  ).toEqual({
    tokens: [9, 1, 2, /**/ 9, /**/ 9, 3, 4],
    targets: [1, 2, 9, /**/ 9, /**/ 3, 4, 5],
    positions: [0, 1, 2, /**/ 0, /**/ 0, 1, 2],
    starts: [0, 0, 0, /**/ 3, /**/ 4, 4, 4],
    ends: [1, 2, 3, /**/ 4, /**/ 5, 6, 7],
    weights: Array(7).fill(1 / 7),
  });
});

test.each<[documents: number[][], message: string]>([
  [[], "loss: expected at least one document, got none; pass one"],
  [[[9, 9], [9]], "loss: expected at least 2 tokens, got 1; add BOS at both ends"],
  [[[]], "loss: expected at least 2 tokens, got 0; add BOS at both ends"],
])("%j is refused: there is nothing to predict", (documents, message) => {
  expect(() => pack(documents, 3)).toThrow(expect.objectContaining({ name: MicrogptError.name, message }));
});
