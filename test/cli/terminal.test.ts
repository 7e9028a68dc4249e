/** What a person sees of a run. */

import { describe, expect, test } from "vitest";
import { folderWithNames, linesOf, TINY } from "../support/cli.ts";
import { noTerminal, onTerminal, onTerminals } from "../support/pseudo-terminal.ts";

/** What training shows on a terminal of that many columns; 0 is one that does not know its size. */
async function trained(columns: number, flags: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
  const words = `train names.txt ${TINY} ${flags}`.trim().split(" ");
  const { code, stdout } = await onTerminal(folderWithNames(), columns, words, env);
  expect(code).toBe(0);
  return stdout;
}

const ESCAPE = "\u001b";
const CLEAR = `${ESCAPE}[2K${ESCAPE}[1G`;

/** The states that a line goes through until it stays. */
function statesOf(line: string): string[] {
  return line.split(CLEAR);
}

describe.skipIf(noTerminal)(onTerminals, { concurrent: true }, () => {
  test("one line shows how far the run is, and at last the last step", async () => {
    const states = linesOf(await trained(80, "")).map(statesOf);
    const live = states.filter((line) => line.length > 1);
    expect(live).toHaveLength(1);
    expect(live[0]?.[0]).toMatch(/^step {4}1 \/ {3}20 \| loss \d\.\d{4} \| lr 0\.01 \| \S+ tok\/s \| \d+ s left$/);
    expect(live[0]?.at(-1)).toMatch(/^step {3}20 \/ {3}20 \| loss \d\.\d{4}$/);
    expect(states.filter((line) => line.at(-1)?.startsWith("step"))).toHaveLength(1);
  });

  test("the curve, the labels and the file have colours or weights", async () => {
    const text = await trained(80, "");
    expect(text).toContain(`${ESCAPE}[36m`);
    expect(text).toContain(`${ESCAPE}[2msample  1: ${ESCAPE}[22m`);
    expect(text).toContain(`saved ${ESCAPE}[1mmodel.safetensors${ESCAPE}[22m`);
  });

  test("NO_COLOR leaves them out, and nothing else", async () => {
    const text = await trained(80, "", { NO_COLOR: "1" });
    expect(text.replaceAll(CLEAR, "")).not.toContain(ESCAPE);
    expect(linesOf(text).map(statesOf)).toContainEqual(expect.arrayContaining([expect.stringContaining("tok/s")]));
  });

  test.each(["--json", "--quiet", "--json --quiet"])(
    "a program's form has no control codes there either: %s",
    async (form) => {
      expect(await trained(80, form)).not.toContain(ESCAPE);
    },
  );

  test("a dumb terminal gets what a pipe gets", async () => {
    const text = await trained(80, "", { TERM: "dumb" });
    expect(text).not.toContain(ESCAPE);
    expect(text.match(/^step/gm)).toHaveLength(20);
  });

  test.each([30, 50])("no line of the run is wider than %i columns, so that none wraps", async (columns) => {
    const text = await trained(columns, "", { NO_COLOR: "1" });
    const run = text.slice(0, text.indexOf("loss: "));
    const widths = linesOf(run).flatMap((line) => statesOf(line).map((state) => state.length));
    expect(Math.max(...widths)).toBeLessThanOrEqual(columns);
  });

  test("one that does not know its size is taken to be 80 columns wide", async () => {
    expect(await trained(0, "", { NO_COLOR: "1" })).toMatch(/tok\/s \| \d+ s left/);
  });
});
