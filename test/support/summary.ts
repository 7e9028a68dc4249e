/** A reporter for the end of a run: which tests were skipped and why (their names say it), and one line that counts. */

import type { Reporter, TestModule } from "vitest/node";

export default class Summary implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const count = (state: string): number => tests.filter((test) => test.result().state === state).length;
    for (const test of tests) if (test.result().state === "skipped") console.log(`skipped: ${test.fullName}`);
    console.log(`${count("passed")} passed, ${count("failed")} failed, ${count("skipped")} skipped`);
  }
}
