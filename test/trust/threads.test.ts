/** Threads end with their loop. */

import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { inRepository } from "../support/traces.ts";

interface Threads {
  readonly before: number;
  readonly during: number;
  readonly after: number;
}

/**
 * The ways in which a loop can end, and other temporary uses of threads. `dropped` is a loop that is never ended: its
 * model becomes garbage some time later.
 */
const WAYS = "done break throw return diverged false signal dispose evaluate sample wake dropped".split(" ");

describe.skipIf(!existsSync("/proc/self/task"))("row 27: threads are given back", () => {
  let found: Readonly<Record<string, Threads>> | undefined;
  const measured = (): Readonly<Record<string, Threads>> => {
    const args = ["--expose-gc", "--import", "tsx", inRepository("test/fixtures/thread-life.ts")];
    found ??= JSON.parse(execFileSync(process.execPath, args, { cwd: inRepository(""), encoding: "utf8" }));
    return found ?? {};
  };

  test.each(WAYS)("when a loop ends: %s", (way) => {
    const { before, during, after } = measured()[way] ?? { before: 0, during: 0, after: 0 };
    expect(during).toBeGreaterThanOrEqual(before + 2);
    expect(after).toBeLessThanOrEqual(before);
  });
});
