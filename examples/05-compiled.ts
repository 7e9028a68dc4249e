/**
 * A model that would take the scalar engine minutes, trained in seconds by the compiled one: two layers, batches of 32
 * names, AdamW with clipping.
 *
 *     npx tsx examples/05-compiled.ts
 */

import { countParams, Random, sample, startRun, train } from "microgpt";
import { loadDataset, saveCheckpoint } from "microgpt/node";

const run = startRun(await loadDataset("ssa"), {
  model: { nLayer: 2, nEmbd: 32, nHead: 4 },
  training: { numSteps: 200, batchSize: 32, weightDecay: 0.01, gradClip: 1 },
  engine: "wasm", // the default; "scalar" learns the same, up to the rounding of float32
});
const { model, tokenizer } = run;
console.log(`num params: ${countParams(model.config)}`);

for await (const { step, numSteps, loss, gradNorm } of train(run)) {
  if (step === 1 || step % 40 === 0) {
    console.log(`step ${step} / ${numSteps} | loss ${loss.toFixed(4)} | gradient ${gradNorm.toFixed(3)}`);
  }
}

const random = new Random(1);
for (let i = 1; i <= 5; i++) console.log(`sample ${i}: ${sample(model, tokenizer, { random })}`);

// The file has the whole run: `resumeRun` continues it, on either engine.
await saveCheckpoint("compiled.safetensors", run);
console.log("saved compiled.safetensors");
model.dispose(); // releases the memory; the threads ended with the loop
