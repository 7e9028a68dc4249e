/**
 * microgpt.py's main loop in the open, on the scalar engine: documents, tokenizer, GPT, optimizer, train step, samples, and
 * the saved model.
 *
 *     npx tsx examples/02-train.ts
 */

import {
  CharTokenizer,
  GPT,
  learningRateAt,
  mapParams,
  presets,
  Random,
  ScalarGPT,
  ScalarOptimizer,
  sample,
  trainStep,
} from "microgpt";
import { loadDataset, saveCheckpoint } from "microgpt/node";

const { model: sizes, training } = presets["microgpt-early"];

const numSteps = 100; // 500 in microgpt.py

// One random stream shuffles the documents, draws the weights and then the samples.
const random = new Random(training.seed);
const docs = random.shuffle((await loadDataset("ssa")).docs);
console.log(`num docs: ${docs.length}`);

const tokenizer = CharTokenizer.fit(docs);
console.log(`vocab size: ${tokenizer.vocabSize}`);

const model = ScalarGPT.init({ ...sizes, vocabSize: tokenizer.vocabSize }, random);
const optimizer = new ScalarOptimizer(model, training);

for (let step = 0; step < numSteps; step++) {
  const tokens = tokenizer.encodeDocument(docs[step % docs.length] ?? ""); // BOS, the name's letters, BOS
  const { loss } = trainStep(model, optimizer, [tokens], learningRateAt(step, training));
  if (step === 0 || (step + 1) % 10 === 0) console.log(`step ${step + 1} / ${numSteps} | loss ${loss.toFixed(4)}`);
}

for (let i = 1; i <= 5; i++) console.log(`sample ${i}: ${sample(model, tokenizer, { random })}`);

const { config, params } = model;
const numbers = new GPT({ config, weights: mapParams(params, (tensor) => tensor.data()) }, { engine: "scalar" });
await saveCheckpoint("example.safetensors", { model: numbers, tokenizer });
console.log("saved example.safetensors");
