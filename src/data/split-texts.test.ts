import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { documentHash, isValidation, splitTail } from "./split.ts";
import { splitTexts, TextSurvey } from "./split-texts.ts";

const text = fc.string({ unit: fc.constantFrom("a", "é", "😀", "\n", " "), maxLength: 40 });
const texts = fc.array(
  fc.tuple(text, fc.constantFrom(1, 10, 200)).map(([some, times]) => some.repeat(times)),
  { maxLength: 12 },
);
const share = fc.double({ min: 0.01, max: 0.99, noNaN: true });
const unitsOf = (some: readonly string[]): number => some.reduce((sum, { length }) => sum + length, 0);
/** Files of a folder by name; the last one is of another kind. */
const FILES = ["a", "b", "c", "d"].map((letter, i) => `${letter.repeat(9)}${i}\n`.repeat(400));

describe("row 32: the held-out text resembles the rest", () => {
  test("holds out the tail of each text, not the last file by name", () => {
    const { train, val } = splitTexts(FILES, 0.1, 42);
    expect(val.map((tail) => tail[0])).toEqual(["a", "b", "c", "d"]);
    expect(train.map((head, i) => head + val[i])).toEqual(FILES);
    for (const tail of val) expect(tail).toHaveLength(440);
    expect(splitTail(FILES, 0.1).val.map((tail) => tail[0])).toEqual(["d"]);
  });

  test("short texts go whole to one side, chosen by hash like documents; long ones next to them are cut", () => {
    const short = Array.from({ length: 300 }, (_, i) => `record ${i} of some words\n`.repeat(8));
    const { train, val } = splitTexts([...FILES, ...short], 0.1, 7);
    expect(val.slice(0, 4).map((tail) => tail[0])).toEqual(["a", "b", "c", "d"]);
    expect(val.slice(4)).toEqual(short.filter((record) => isValidation(record, 0.1, 7)));
    expect(train.slice(4)).toEqual(short.filter((record) => !isValidation(record, 0.1, 7)));
  });

  test("a few short texts count as one: chance might put them all on one side", () => {
    const few = ["x\n".repeat(300), "y\n".repeat(300), "z\n".repeat(300)];
    expect(splitTexts(few, 0.1, 42)).toEqual(splitTail(few, 0.1));
  });

  test("a single text has its tail held out", () => {
    fc.assert(
      fc.property(text, fc.constantFrom(1, 50, 500), share, fc.integer(), (some, times, fraction, seed) => {
        const docs = [some.repeat(times)];
        expect(splitTexts(docs, fraction, seed)).toEqual(splitTail(docs, fraction));
      }),
    );
  });

  test("any texts: nothing is lost, no character is cut, the share is kept", () => {
    fc.assert(
      fc.property(texts, share, fc.integer(), (docs, fraction, seed) => {
        const { train, val } = splitTexts(docs, fraction, seed);
        const parts = [...train, ...val];
        expect([...parts.join("")].sort().join("")).toBe([...docs.join("")].sort().join(""));
        for (const part of parts) expect(docs.some((doc) => doc.startsWith(part) || doc.endsWith(part))).toBe(true);
        expect(parts.join("|")).not.toMatch(/\p{Surrogate}/u);
        const total = unitsOf(docs);
        const most = Math.min(2 * fraction, (1 + fraction) / 2) * total;
        expect(unitsOf(val)).toBeLessThanOrEqual(most);
        // Tails may begin up to a tenth later, at a line end; whole units are rounded down.
        expect(unitsOf(val)).toBeGreaterThanOrEqual(0.9 * (fraction / 2) * total - docs.length - 1);
      }),
    );
  });
});

test("runs of earlier versions hold out one tail of all texts", () => {
  fc.assert(
    fc.property(texts, share, fc.integer(), (docs, fraction, seed) => {
      expect(splitTexts(docs, fraction, seed, "tail")).toEqual(splitTail(docs, fraction));
    }),
  );
});

test("texts that come in chunks are split like whole ones", () => {
  fc.assert(
    fc.property(texts, share, fc.integer(), fc.integer({ min: 1, max: 300 }), (all, fraction, seed, size) => {
      const docs = all.filter((doc) => doc !== "");
      const survey = new TextSurvey(fraction, seed);
      const piecesOf = (doc: string): string[] => {
        const characters = [...doc];
        return Array.from({ length: Math.ceil(characters.length / size) }, (_, i) =>
          characters.slice(i * size, (i + 1) * size).join(""),
        );
      };
      // Every third text is added as a whole.
      const facts = docs.map((doc, i) => {
        if (i % 3 === 0) return survey.add(doc);
        const [first = "", ...others] = piecesOf(doc);
        const found = survey.addPiece(first, false);
        for (const piece of others) survey.addPiece(piece, true);
        return found;
      });
      const plan = survey.plan();
      const train = docs.map((doc, i) => {
        const known = facts[i];
        if (known === undefined) throw new Error("no facts");
        expect(known.length).toBe(doc.length);
        const cut = i % 3 === 0 ? plan.cutOfWhole(doc) : plan.cutOf(known);
        const learned = piecesOf(doc)
          .map((piece) => piece.slice(0, cut.find(piece)))
          .join("");
        expect(Math.min(doc.length, plan.learnedOf(known))).toBeLessThanOrEqual(learned.length);
        return learned;
      });
      expect(train.filter((head) => head !== "")).toEqual(splitTexts(docs, fraction, seed).train);
    }),
  );
});

test("short texts keep their side: saved runs depend on it", () => {
  const short = Array.from({ length: 40 }, (_, i) => `text ${i}\n`);
  expect(splitTexts(short, 0.2, 42).val).toEqual(short.filter((doc) => documentHash(doc, 42) < 0.2 * 2 ** 32));
  expect(documentHash("text 1\n", 42)).toBe(2_175_979_874);
});
