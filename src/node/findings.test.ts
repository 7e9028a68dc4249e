import { expect, test } from "vitest";
import type { Note } from "../data/note.ts";
import { Findings } from "./findings.ts";

const said = (findings: Findings): string[] => findings.notes.map(({ message }) => `${message}`);
const column = (file: string): Note => ({
  kind: "column",
  values: { file, column: 1 },
  message: `takes a column of ${file}`,
});

test("notes that say the same are noted once, with the number of further files", () => {
  const findings = new Findings();
  findings.add("a.csv", column("a.csv"));
  findings.add("a.csv", { kind: "halves", values: {}, message: "something in a.csv" });
  expect(said(findings)).toEqual(["takes a column of a.csv", "something in a.csv"]);
  findings.add("b.csv", column("b.csv"));
  findings.add("b.csv", column("b.csv"));
  expect(said(findings)[0]).toBe("takes a column of a.csv (and 1 more file like it)");
  findings.add("c.csv", column("c.csv"));
  expect(said(findings)[0]).toBe("takes a column of a.csv (and 2 more files like it)");
  expect(findings.notes[0]).toMatchObject({ kind: "column", values: { file: "a.csv", column: 1, files: 3 } });
});

test("notes of one kind that say different things are all kept", () => {
  const findings = new Findings();
  findings.add("a.csv", column("a.csv"), "column text");
  findings.add("b.csv", column("b.csv"), "column title");
  expect(said(findings)).toEqual(["takes a column of a.csv", "takes a column of b.csv"]);
});
