import { describe, expect, test } from "vitest";
import { noveltyReport } from "./novelty.ts";
import { countRepetitive, isRepetitive } from "./repetitive.ts";

const PROSE =
  "It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of foolishness, it was " +
  "the epoch of belief, it was the epoch of incredulity, it was the season of Light, it was the season of Darkness.";
const CODE =
  "export function isRepetitive(text: string): boolean {\n  if (text.trim() === '') return true;\n  const { length } = text;\n" +
  "  for (let i = 0; i < length; i++) {\n    if (text[i] === '-') return false;\n  }\n  return true;\n}\n";

describe("row 32: empty or repetitive samples are found:", () => {
  test.each<[what: string, text: string]>([
    ["none at all", ""],
    ["blanks", " ".repeat(300)],
    ["line ends and tabs", "\n\n\t\n"],
    ["wide blanks", "\u3000\u3000"],
    ["hundreds of blanks after a word", `const${" ".repeat(300)}`],
    ["one letter", "aaaaaaaa"],
    ["two letters", "ananananan"],
    ["a rule", `| a | ${"-".repeat(80)}`],
    ["one line over and over", "And the king of the king,\n".repeat(12)],
    ["a longer one", `${PROSE.slice(0, 90)}\n`.repeat(4)],
    ["one Chinese word", "天地".repeat(20)],
  ])("%s", (_, text) => {
    expect(isRepetitive(text)).toBe(true);
  });

  test.each<[what: string, text: string]>([
    ["prose", PROSE],
    ["source code", CODE],
    ["names", "anna"],
    ["barbara", "barbara"],
    ["two letters", "aa"],
    ["Chinese", "天地玄黃宇宙洪荒日月盈昃辰宿列張"],
  ])("but not %s", (_, text) => {
    expect(isRepetitive(text)).toBe(false);
  });

  test("unless the text is repetitive too", () => {
    const samples = ["-".repeat(40), "ACACACACACAC"];
    expect(countRepetitive(samples, [PROSE.repeat(5)], false)).toBe(2);
    expect(countRepetitive(samples, ["AC".repeat(500)], false)).toBe(0);
    expect(countRepetitive(["aaaa"], ["aaaaaa", "bbbbb"], true)).toBe(0);
    expect(countRepetitive(["aaaa"], ["anna", "bea"], true)).toBe(1);
  });

  test("and the novelty report counts them", () => {
    const report = noveltyReport([" ".repeat(9), "It is"], { name: "prose", mode: "stream", docs: [PROSE] });
    expect(report.repetitive).toBe(1);
    expect(report.summary).toContain(", 1 blank or repetitive; the longest run");
  });
});
