/**
 * A million steps of microgpt.py's size: memory must stay flat and every number finite. `npx tsx bench/stress.ts`,
 * optionally followed by a number of steps.
 */

import { namedParams, startRun } from "microgpt";
import { loadDataset } from "microgpt/node";
import { machineLine } from "./machine.ts";

const STEPS = Number(process.argv[2] ?? 1_000_000);
const EVERY = Math.ceil(STEPS / 10);

console.log(machineLine());
const { model, sequences, progress } = startRun(await loadDataset("ssa"), { threads: 1 });
const trainer = await model.trainer({ ...progress.settings, steps: 0, maxRows: model.config.blockSize });
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
const start = performance.now();
let recent = 0;
for (let step = 1; step <= STEPS; step++) {
  const { loss, gradNorm } = trainer.step([sequences.at(step)], 0.01);
  if (!(Number.isFinite(loss) && Number.isFinite(gradNorm))) throw new Error(`step ${step}: ${loss}, ${gradNorm}`);
  recent += loss;
  if (step % EVERY === 0) {
    const { weights, slots } = trainer.state();
    for (const part of [Object.fromEntries(namedParams(weights)), ...Object.values(slots)]) {
      for (const [name, numbers] of Object.entries(part)) {
        if (!numbers.every(Number.isFinite)) throw new Error(`step ${step}: ${name} is not finite`);
      }
    }
    const { heapUsed, rss } = process.memoryUsage();
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    const mean = `mean loss ${(recent / EVERY).toFixed(3)}`;
    console.log(`step ${step}: heap ${megabytes(heapUsed)}, rss ${megabytes(rss)}, ${mean}, ${seconds} s`);
    recent = 0;
  }
}
