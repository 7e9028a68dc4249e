import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import type { ViteUserConfig } from "vitest/config";

const source = (file: string): string => fileURLToPath(new URL(`./src/${file}`, import.meta.url));

const BESIDE = "{src,lab/src}/**/*.test.ts";
const SLOW = "{src,lab/src}/**/*.slow.test.ts";
const MEASURED = ["test/lab/speed.test.ts"];

const config: ViteUserConfig = {
  resolve: {
    alias: [
      { find: /^microgpt$/, replacement: source("index.ts") },
      { find: /^microgpt\/value$/, replacement: source("value.ts") },
      { find: /^microgpt\/node$/, replacement: source("node.ts") },
    ],
  },
  test: {
    // All cores: the default leaves one free, which on a machine of two is half of them.
    maxWorkers: availableParallelism(),
    reporters: ["default", "./test/support/summary.ts"],
    // A page on a busy machine may take longer than the default second.
    expect: { poll: { timeout: 10_000 } },
    projects: [
      // Beside the code: quick, no child processes but a compiler. Modules without state need no process for each file.
      {
        extends: true,
        test: { name: "unit", include: [BESIDE], exclude: [SLOW], testTimeout: 20_000, isolate: false },
      },
      // Beside the code too, but for a second look: files mutated at random, models trained, whole kernels and pages.
      { extends: true, test: { name: "slow", include: [SLOW], testTimeout: 60_000, isolate: false } },
      // Whole runs: golden traces, the built command line, examples, memory, the package itself.
      {
        extends: true,
        test: { name: "whole", include: ["test/**/*.test.ts"], exclude: MEASURED, testTimeout: 240_000 },
      },
      // Measurements run alone, after all others.
      {
        extends: true,
        test: { name: "measured", include: MEASURED, testTimeout: 240_000, sequence: { groupOrder: 1 } },
      },
    ],
  },
};

export default config;
