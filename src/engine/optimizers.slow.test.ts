/** Every optimizer on both engines: they agree, learn, and continue from a saved state to the same bits. */

import { describe, expect, test } from "vitest";
import type { GPTConfig } from "../model/config.ts";
import { namedParams } from "../model/params.ts";
import { Random } from "../util/random.ts";
import type { GPTState, TrainerOptions } from "./engine.ts";
import { ENGINES, type EngineName } from "./engine-options.ts";
import { GPT } from "./gpt.ts";

const config: GPTConfig = {
  ...{ vocabSize: 9, nLayer: 1, nHead: 2, nEmbd: 8, blockSize: 6 },
  ...{ initStd: 0.2, norm: "layernorm", normGain: true, bias: true }, // gains and biases have no weight decay
};
const BOS = 8;

// An eps of gradients' size: where they are 0 but for roundings, no update is to have the size of the learning rate.
const plain = { beta1: 0.9, beta2: 0.99, eps: 1e-3, weightDecay: 0, gradClip: 0, learningRate: 0.01 };

/** The options, and a learning rate with which the model learns. */
const choices: readonly (readonly [what: string, options: Partial<TrainerOptions>, learningRate: number])[] = [
  ["AdamW", { weightDecay: 0.1 }, 0.01],
  ["Adam with an L2 penalty", { weightDecay: 0.01, decoupledWeightDecay: false }, 0.01],
  ["SGD", { optimizer: "sgd", gradClip: 1 }, 0.3],
  ["SGD with momentum", { optimizer: "sgd", momentum: 0.9 }, 0.05],
  ["Muon", { optimizer: "muon" }, 0.01],
  [
    "Muon with decay, clipping and two parts",
    { optimizer: "muon", weightDecay: 0.1, gradClip: 0.5, gradientAccumulationSteps: 2 },
    0.01,
  ],
];

/** Alphabets, from any letter on: what comes next is there to be learned. */
function batchOf(random: Random): number[][] {
  return Array.from({ length: 4 }, () => {
    const first = Math.floor(8 * random.random());
    return [BOS, ...Array.from({ length: 5 }, (_, i) => (first + i) % 8), BOS];
  });
}

const fresh = (engine: EngineName): GPT => GPT.init(config, new Random(1), { engine, threads: 1 });

/** The losses of some steps from a state on, and the state after them. */
async function course(model: GPT, options: Partial<TrainerOptions>, rate: number, from: number, to: number) {
  const trainer = await model.trainer({ ...plain, ...options, steps: from, maxRows: 4 * 6 });
  const losses = Array.from({ length: to - from }, (_, i) => trainer.step(batchOf(new Random(from + i)), rate).loss);
  const state = trainer.state();
  model.dispose();
  return { losses, state };
}

/** Each vector of numbers of a state by name. */
function numbersOf({ weights, slots }: Required<GPTState>): Map<string, ArrayLike<number>> {
  const kept = Object.entries(slots).flatMap(([slot, params]) =>
    Object.entries(params).map(([name, data]) => [`${slot} of ${name}`, data] as const),
  );
  return new Map<string, ArrayLike<number>>([...namedParams(weights), ...kept]);
}

describe.each(choices)("%s", (_, options, rate) => {
  test("learns", async () => {
    const { losses } = await course(fresh("wasm"), options, rate, 0, 40);
    expect(losses[0]).toBeGreaterThan(2);
    // The first letter is one of 8 that are equally likely, the others are known: log(8) / 6 = 0.35.
    expect(losses.at(-1)).toBeLessThan(1.2);
  });

  test("is the same on both engines", async () => {
    const [scalar, wasm] = await Promise.all(ENGINES.map((engine) => course(fresh(engine), options, rate, 0, 4)));
    if (scalar === undefined || wasm === undefined) throw new Error("two engines");
    const [expected, got] = [numbersOf(scalar.state), numbersOf(wasm.state)];
    expect(new Set(got.keys())).toEqual(new Set(expected.keys()));
    for (const [name, numbers] of expected) {
      // The bias of the keys has no gradient but roundings: softmax takes no notice of it.
      const largest = Math.max(1e-3, ...Array.from(numbers, Math.abs));
      const off = Math.max(...Array.from(numbers, (x, i) => Math.abs(x - (got.get(name)?.[i] ?? Number.NaN))));
      // float32; five iterations of Newton and Schulz multiply a rounding by up to 3.4 each where a singular value is small.
      expect([name, off / largest < (options.optimizer === "muon" ? 1e-3 : 2e-5)]).toEqual([name, true]);
    }
  });

  test.each(ENGINES)("continues from its state to the same bits (%s)", async (engine) => {
    const whole = await course(fresh(engine), options, rate, 0, 4);
    const first = await course(fresh(engine), options, rate, 0, 2);
    const second = await course(new GPT(first.state, { engine, threads: 1 }), options, rate, 2, 4);
    expect([...first.losses, ...second.losses]).toEqual(whole.losses);
    expect(numbersOf(second.state)).toEqual(numbersOf(whole.state));
  });
});

test.each(ENGINES)("what another optimizer has left is refused (%s)", async (engine) => {
  const { state } = await course(fresh(engine), {}, 0.01, 0, 1);
  const model = new GPT(state, { engine });
  const message =
    "train: expected slots momentum of wte, as sgd keeps them, got slots m and v; continue with the optimizer that trained the model";
  await expect(model.trainer({ ...plain, optimizer: "sgd", momentum: 0.9, steps: 1, maxRows: 6 })).rejects.toThrow(
    message,
  );
});
