import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isValidation, splitDocuments, splitTail, TailCut } from "./split.ts";

const text = fc.string({ unit: fc.constantFrom("a", "é", "😀", "\n", " "), maxLength: 40 });
const docs = fc.array(text, { maxLength: 30 });
const share = fc.double({ min: 0, max: 0.99, noNaN: true });

describe("splitDocuments", () => {
  test("keeps the order of documents on each side, and equal ones on the same side", () => {
    fc.assert(
      fc.property(docs, share, fc.integer(), (all, fraction, seed) => {
        const { train, val } = splitDocuments(all, fraction, seed);
        const held = new Set(val);
        expect(train).toEqual(all.filter((doc) => !held.has(doc)));
        expect(val).toEqual(all.filter((doc) => held.has(doc)));
      }),
    );
  });

  test("leaves no side empty if there are two distinct documents and a fraction above 0", () => {
    fc.assert(
      fc.property(docs, fc.double({ min: 0.001, max: 0.999, noNaN: true }), fc.integer(), (all, fraction, seed) => {
        fc.pre(new Set(all).size > 1);
        const { train, val } = splitDocuments(all, fraction, seed);
        expect(Math.min(train.length, val.length)).toBeGreaterThan(0);
      }),
    );
  });

  test("agrees with isValidation, and so is stable when documents come and go", () => {
    const all = Array.from({ length: 2000 }, (_, i) => `document ${i}`);
    const { val } = splitDocuments(all, 0.1, 42);
    expect(val).toEqual(all.filter((doc) => isValidation(doc, 0.1, 42)));
    expect(splitDocuments(all.slice(500), 0.1, 42).val).toEqual(val.filter((doc) => all.indexOf(doc) >= 500));
  });

  test.each([0.01, 0.1, 0.5])(
    "holds out about the share %d of similar documents, and different ones with another seed",
    (fraction) => {
      const all = Array.from({ length: 20_000 }, (_, i) => `${i}`);
      const { val } = splitDocuments(all, fraction, 1);
      // Six standard deviations.
      expect(Math.abs(val.length - 20_000 * fraction)).toBeLessThan(6 * Math.sqrt(20_000 * fraction * (1 - fraction)));
      const other = new Set(splitDocuments(all, fraction, 2).val);
      const both = val.filter((doc) => other.has(doc)).length;
      expect(Math.abs(both / val.length - fraction)).toBeLessThan(0.05);
    },
  );

  test("holds out nothing for the fraction 0, or if all documents are equal", () => {
    expect(splitDocuments(["a", "b"], 0, 42)).toEqual({ train: ["a", "b"], val: [] });
    expect(splitDocuments(["a", "a"], 0.5, 42)).toEqual({ train: ["a", "a"], val: [] });
  });

  test("never changes the side of a document: saved runs depend on it", () => {
    const held = ["emma", "olivia", "ava", "zoë", "李小龙", ""].filter((name) => isValidation(name, 0.5, 42));
    expect(held).toEqual(["emma", "olivia", "zoë", ""]);
  });
});

describe("splitTail", () => {
  test("cuts the text once, between two characters, regardless of its pieces", () => {
    fc.assert(
      fc.property(docs, share, (all, fraction) => {
        const { train, val } = splitTail(all, fraction);
        const joined = all.join("");
        expect([...train, ...val].join("")).toBe(joined);
        expect(train.join("")).not.toMatch(/\p{Surrogate}/u);
        const held = val.join("").length;
        const wanted = Math.floor(joined.length * fraction);
        expect(held).toBeLessThanOrEqual(wanted);
        expect(held).toBeGreaterThanOrEqual(wanted - Math.floor(wanted / 10) - 1);
        expect(splitTail([joined], fraction).train.join("")).toBe(train.join(""));
      }),
    );
  });

  test("cuts after a line end if there is one soon", () => {
    const line = "0123456789\n";
    const { train, val } = splitTail([line.repeat(100)], 0.5);
    expect([train, val]).toEqual([[line.repeat(50)], [line.repeat(50)]]);
    expect(splitTail([line.repeat(101)], 0.5).train).toEqual([line.repeat(51)]);
  });

  test("leaves texts before and after the cut whole", () => {
    const texts = ["a".repeat(50), "b".repeat(100), "c".repeat(50)];
    expect(splitTail(texts, 0.25)).toEqual({ train: texts.slice(0, 2).concat("c".repeat(5)), val: ["c".repeat(45)] });
    expect(splitTail(texts, 0)).toEqual({ train: texts, val: [] });
  });

  test("TailCut finds the same position in pieces of any size", () => {
    fc.assert(
      fc.property(text, share, fc.integer({ min: 1, max: 9 }), (all, fraction, size) => {
        const cut = new TailCut(all.length, fraction);
        const characters = [...all];
        let train = "";
        for (let i = 0; i < characters.length; i += size) {
          const piece = characters.slice(i, i + size).join("");
          train += piece.slice(0, cut.find(piece));
        }
        expect(train).toBe(splitTail([all], fraction).train.join(""));
      }),
    );
  });
});
