/**
 * Trains GPT-2 small, 124 million parameters: steps of one document of 256 tokens, in 2.5 GB. `npx tsx bench/gpt2-small.ts`,
 * optionally followed by a number of threads.
 */

import { availableParallelism } from "node:os";
import { countParams, GPT, type GPTConfig, planStep, Random } from "microgpt";
import { machineLine } from "./machine.ts";

const CONFIG: GPTConfig = {
  ...{ vocabSize: 50257, nLayer: 12, nHead: 12, nEmbd: 768, blockSize: 1024, initStd: 0.02 },
  ...{ norm: "layernorm", normGain: true, bias: true, mlp: "gelu_tanh" },
  ...{ tied: true, embeddingNorm: false, finalNorm: true },
};
const TOKENS = 256;
const STEPS = 4;
const SETTINGS = { beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0.1, gradClip: 1, maxRows: TOKENS };

const threads = Number(process.argv[2] ?? availableParallelism());
const seconds = (from: number): string => `${((performance.now() - from) / 1000).toFixed(1)} s`;
const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(2)} GB`;

console.log(machineLine());
const { memoryBytes, kernels } = planStep(CONFIG, SETTINGS);
const parameters = countParams(CONFIG).toLocaleString("en");
console.log(`${parameters} parameters, ${kernels} kernels in ${gigabytes(memoryBytes)}, ${threads} threads`);
let start = performance.now();
const random = new Random(1);
const model = GPT.init(CONFIG, random, { threads });
console.log(`weights drawn in ${seconds(start)}`);
start = performance.now();
const trainer = await model.trainer({ ...SETTINGS, steps: 0 });
console.log(`ready in ${seconds(start)}`);

// The same document each time, so the loss must fall.
const tokens = Array.from({ length: TOKENS + 1 }, () => Math.floor(random.random() * CONFIG.vocabSize));
let last = Infinity;
for (let step = 1; step <= STEPS; step++) {
  start = performance.now();
  const { loss, gradNorm } = trainer.step([tokens], 1e-4);
  const rss = `rss ${gigabytes(process.memoryUsage().rss)}`;
  console.log(`step ${step}: loss ${loss.toFixed(4)}, gradient ${gradNorm.toFixed(3)}, ${seconds(start)}, ${rss}`);
  if (!(loss < last)) throw new Error(`the loss did not fall: ${last}, ${loss}`);
  last = loss;
}
trainer.dispose();
// In kilobytes.
console.log(`most memory at any time: ${gigabytes(process.resourceUsage().maxRSS * 1024)}`);
