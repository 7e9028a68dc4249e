/**
 * A reporter for the end of a run: the results of the rows of test/trust/README.md, the skipped tests with the reasons
 * in their names, and one line of counts.
 */

import { relative } from "node:path";
import type { Reporter, TestCase, TestModule } from "vitest/node";

const ROW = /\brow (\d+): /g;

export default class Summary implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const count = (state: string, of: readonly TestCase[] = tests): number =>
      of.filter((test) => test.result().state === state).length;
    for (const [row, of] of [...rowsOf(tests)].sort(([x], [y]) => x - y)) {
      const files = [...new Set(of.map(({ module }) => relative(".", module.moduleId)))];
      const failed = count("failed", of);
      console.log(`row ${row}: ${failed > 0 ? `${failed} FAILED of ` : ""}${of.length} in ${files.join(", ")}`);
    }
    for (const test of tests) if (test.result().state === "skipped") console.log(`skipped: ${test.fullName}`);
    console.log(`${count("passed")} passed, ${count("failed")} failed, ${count("skipped")} skipped`);
  }
}

/** The tests of each row: those with its number in their title or a surrounding group's. */
function rowsOf(tests: readonly TestCase[]): Map<number, TestCase[]> {
  const rows = new Map<number, TestCase[]>();
  for (const test of tests) {
    for (const [, row] of test.fullName.matchAll(ROW)) rows.set(Number(row), [...(rows.get(Number(row)) ?? []), test]);
  }
  return rows;
}
