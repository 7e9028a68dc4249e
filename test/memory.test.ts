/** Training frees memory: each step's graph is garbage when the step is over. */

import { execFileSync } from "node:child_process";
import { ENGINES } from "microgpt";
import { expect, test } from "vitest";
import { inRepository } from "./support/traces.ts";

// A run keeps one loss a step: 8,000 of them are 64 kB. The graph of a single step of this model is about 300 kB on the
// scalar engine, so even one in two hundred that stayed would show.
const MAX_GROWTH = 10 * 2 ** 20;

test.each(ENGINES)("8,000 more steps of the %s engine leave no more than 10 MB behind", (engine) => {
  const script = inRepository("test/fixtures/memory-run.ts");
  const output = execFileSync(process.execPath, ["--expose-gc", "--import", "tsx", script, engine], {
    cwd: inRepository(""),
    encoding: "utf8",
  });
  const [early, late] = JSON.parse(output) as [number, number];
  expect(early).toBeGreaterThan(0);
  expect(late - early).toBeLessThan(MAX_GROWTH);
});
