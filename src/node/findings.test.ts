import { expect, test } from "vitest";
import { Findings } from "./findings.ts";

const said = (findings: Findings): unknown[] => findings.notes.map(({ message }) => message);

test("each kind is noted once, with the number of further files", () => {
  const findings = new Findings();
  findings.add("column", "a.csv", "takes a column of a.csv");
  findings.add("half", "a.csv", "something in a.csv");
  expect(said(findings)).toEqual(["takes a column of a.csv", "something in a.csv"]);
  findings.add("column", "b.csv", "takes a column of b.csv");
  findings.add("column", "b.csv", "takes a column of b.csv");
  expect(said(findings)[0]).toBe("takes a column of a.csv (and 1 more file like it)");
  findings.add("column", "c.csv", "takes a column of c.csv");
  expect(said(findings)[0]).toBe("takes a column of a.csv (and 2 more files like it)");
});
