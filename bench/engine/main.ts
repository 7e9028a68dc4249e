/**
 * Measures the compiled engine and prints a JSON object a line for each figure; each part checks its results before its
 * clock starts. Runs in a process of its own, so that the first step is compiled by a cold compiler. `--quick` for
 * fewer runs, `--threads 4` to measure another number besides one thread.
 */

import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { loadDataset } from "microgpt/node";
import type { BenchContext } from "../../src/cli/bench/measure.ts";
import { compilePart, firstCompile } from "./compile.ts";
import { samplingPart, streamingPart } from "./generation.ts";
import { microPart } from "./micro.ts";
import { nanoPart } from "./nano.ts";

const { values } = parseArgs({ options: { quick: { type: "boolean" }, threads: { type: "string" } } });
const most = Number(values.threads ?? Math.min(availableParallelism(), 8));
const context: BenchContext = {
  quick: values.quick === true,
  strict: false,
  native: undefined,
  threads: most === 1 ? [1] : [1, most],
  progress: async () => undefined,
};
const names = await loadDataset("ssa");
const first = await firstCompile(names, context.strict);
// One after the other, so that the parts do not disturb each other.
const parts = [
  () => microPart(names, context),
  () => nanoPart(context),
  () => samplingPart(names, context),
  () => streamingPart(context),
  () => compilePart(names, first, context),
];
for (const measured of parts) {
  const { title, rows } = await measured();
  for (const figures of rows) console.log(JSON.stringify({ part: title, ...figures }));
}
