import { ByteTokenizer, CharTokenizer, trainBPE } from "microgpt";
import { expect, test } from "vitest";
import { piecesOf } from "./pieces.ts";

test("characters are themselves, BOS is empty, invisible ones are escaped", () => {
  expect(piecesOf(CharTokenizer.fit(["a\tb\n\u0007😀"]))).toEqual(["\\x07", "\t", "\n", "a", "b", "😀", ""]);
});

test("bytes that form a character are one, others are hexadecimal", () => {
  const pieces = piecesOf(new ByteTokenizer());
  expect([pieces[0x41], pieces[0x0a], pieces[0x00], pieces[0x7f], pieces[0xe2], pieces[256]]).toEqual([
    "A",
    "\n",
    "\\x00",
    "\\x7F",
    "\\xE2",
    "",
  ]);
});

test("a token that ends inside a character shows its bytes", () => {
  // The euro sign is E2 82 AC and the sign beside it E2 82 AB: their first two bytes become a token, with the letter
  // before.
  const tokenizer = trainBPE(["a€", "a₫", "a€", "a₫"], { vocabSize: 260 });
  const pieces = piecesOf(tokenizer);
  expect(pieces.slice(256, 257)).toEqual(["\\xE2\\x82"]);
  expect(pieces.every((piece) => !piece.includes("\uFFFD"))).toBe(true);
});
