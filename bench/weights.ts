/**
 * Generation with matrices in fewer bits, on machine code, in turns within one run: `npx tsx --tsconfig bench/tsconfig.json
 * bench/weights.ts [threads]`. The logits are compared with WebAssembly's first.
 */

import { GPT, Random, WEIGHT_FORMATS } from "microgpt";
import { native } from "microgpt/native";
import { machineLine } from "./machine.ts";

const ROUNDS = 9;
const TOKENS = 250;
/** 10.6 million parameters. */
const config = { vocabSize: 65, nEmbd: 384, nHead: 6, nLayer: 6, blockSize: 256, initStd: 0.02 };
const threads = Number(process.argv[2] ?? 1);

const { weights } = GPT.init(config, new Random(1)).state();
const open = (engine: "wasm" | ReturnType<typeof native>, format: (typeof WEIGHT_FORMATS)[number]): GPT =>
  new GPT({ config, weights }, { engine, weights: format, threads });
const models = WEIGHT_FORMATS.map((format) => open(native(), format));
for (const [i, model] of models.entries()) {
  await model.wake();
  const [ours, theirs] = [model, open("wasm", WEIGHT_FORMATS[i] ?? "f32")].map((one) => Array.from(one.decoder()(7)));
  const off = ours?.map((x, j) => Math.abs(x - (theirs?.[j] ?? Number.NaN))) ?? [];
  if (!(Math.max(...off) < 1e-4)) throw new Error(`${WEIGHT_FORMATS[i]}: the logits differ by ${Math.max(...off)}`);
}

const times: number[][] = models.map(() => []);
for (let round = -1; round < ROUNDS; round++) {
  for (const [i, model] of models.entries()) {
    const next = model.decoder();
    const begin = performance.now();
    for (let t = 0; t < TOKENS; t++) next(t % 65);
    if (round >= 0) times[i]?.push((performance.now() - begin) / TOKENS);
  }
}
const median = (numbers: readonly number[]): number =>
  numbers.toSorted((x, y) => x - y)[numbers.length >> 1] ?? Number.NaN;
console.log(`${machineLine()}; threads: ${threads}\n\n| weights | ms a token | times as fast as f32 |\n|---|---|---|`);
for (const [i, format] of WEIGHT_FORMATS.entries()) {
  const gains = times[i]?.map((ms, round) => (times[0]?.[round] ?? Number.NaN) / ms) ?? [];
  const spread = `${Math.min(...gains).toFixed(2)} to ${Math.max(...gains).toFixed(2)}`;
  console.log(`| ${format} | ${median(times[i] ?? []).toFixed(3)} | ${median(gains).toFixed(2)} (${spread}) |`);
}
