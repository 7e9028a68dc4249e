import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type GPTConfig, MLPS } from "../model/config.ts";
import { mapParams, namedParams, paramShapes } from "../model/params.ts";
import { ScalarGPT } from "../scalar/scalar-gpt.ts";
import { ScalarTensor } from "../scalar/scalar-tensor.ts";
import { presets } from "../train/presets.ts";
import { MicrogptError } from "../util/errors.ts";
import { Random } from "../util/random.ts";
import type { GPTState } from "./engine.ts";
import { GPT } from "./gpt.ts";
import { type Inspection, inspect } from "./inspect.ts";

const upTo = (max: number, min = 1): fc.Arbitrary<number> => fc.integer({ min, max });

/** Random small models, with weights large enough for every part to matter, and tokens for them. */
const examples: fc.Arbitrary<{ state: GPTState; tokens: number[] }> = fc
  .record({
    sizes: fc.record({ vocabSize: upTo(6, 2), nLayer: upTo(3), nHead: upTo(3), blockSize: upTo(6) }),
    D: upTo(3),
    mlp: fc.constantFrom(...MLPS),
    seed: fc.nat(),
  })
  .chain(({ sizes, D, mlp, seed }) => {
    const config = { ...sizes, nEmbd: sizes.nHead * D, mlp, initStd: 0.7, zeroInit: false };
    const tokens = fc.array(fc.nat(config.vocabSize - 1), { minLength: 1, maxLength: config.blockSize });
    return fc.record({ state: fc.constant(fresh(config, seed)), tokens });
  });

function fresh(config: GPTConfig, seed = 1): GPTState {
  return GPT.init(config, new Random(seed), { engine: "scalar" }).state();
}

function scalar({ config, weights }: GPTState): ScalarGPT {
  const data = new Map(namedParams(weights));
  const params = mapParams(paramShapes(config), (shape, name) => ScalarTensor.from(shape, data.get(name) ?? []));
  return new ScalarGPT(config, params);
}

/** The logits after each token, as one list. */
function decoded(model: Pick<GPT, "decoder">, tokens: readonly number[]): number[] {
  const next = model.decoder();
  return tokens.flatMap((token) => [...Array.from(next(token))]);
}

const largest = (numbers: ArrayLike<number>): number =>
  Array.from(numbers).reduce((most, x) => Math.max(most, Math.abs(x)), 0);

/** @param scale of the summed numbers, if they may be larger than the result. Default: the largest of them */
function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  scale: number = largest(expected),
): void {
  expect(actual.length).toBe(expected.length);
  const off = Array.from(actual, (x, i) => Math.abs(x - (expected[i] ?? Number.NaN)));
  expect(largest(off)).toBeLessThanOrEqual(tolerance * scale);
}

/** x (R, C) through the weights (O, C): (R, O). */
function through(x: Float64Array, weights: ArrayLike<number>, C: number): number[] {
  const O = weights.length / C;
  return Array.from({ length: (x.length / C) * O }, (_, i) => {
    const [r, o] = [Math.floor(i / O), i % O];
    let sum = 0;
    for (let c = 0; c < C; c++) sum += (x[r * C + c] ?? Number.NaN) * (weights[o * C + c] ?? Number.NaN);
    return sum;
  });
}

const allHeads = ({ nLayer, nHead }: GPTConfig): [number, number][] =>
  Array.from({ length: nLayer * nHead }, (_, i) => [Math.floor(i / nHead), i % nHead]);

/** The weights with those not kept set to 0; i counts a tensor's entries. */
function cleared({ config, weights }: GPTState, keep: (name: string, i: number) => boolean): GPTState {
  const kept = mapParams(weights, (data, name) => Float64Array.from(data, (x, i) => (keep(name, i) ? x : 0)));
  return { config, weights: kept };
}

// float64 in another order, relative to the largest.
const CLOSE = 1e-12;
// The same in float32.
const FLOAT32 = 2e-5;

describe("the inspection", () => {
  test("ends in the logits of either engine", () => {
    fc.assert(
      fc.property(examples, ({ state, tokens }) => {
        const { embedding, layers, logits } = inspect(state, tokens);
        expectClose(logits, decoded(scalar(state), tokens), CLOSE);
        // The stream's parts may cancel to a small rest, which in float32 has the error of the parts.
        const stream = [embedding, ...layers.flatMap(({ afterAttention, afterMlp }) => [afterAttention, afterMlp])];
        const scale = largest(stream.map(largest)) * largest(state.weights.lm_head ?? []) * state.config.nEmbd;
        expectClose(logits, decoded(new GPT(state), tokens), FLOAT32, scale);
      }),
      { numRuns: 25 },
    );
  });

  test("equals in every part what the scalar engine passes to a watcher", () => {
    fc.assert(
      fc.property(examples, ({ state, tokens }) => {
        const [{ config }, model] = [state, scalar(state)];
        const told = new Map<string, Float64Array>();
        const watch = (point: string, x: ScalarTensor): ScalarTensor => {
          told.set(point, x.data());
          return x;
        };
        const [rows, zeros] = [tokens.map((_, r) => r), tokens.map(() => 0)];
        const ends = tokens.map((_, r) => r + 1);
        const packed = { tokens, targets: zeros, positions: rows, starts: zeros, ends, weights: zeros };
        model.losses(packed, { watch });
        const { layers, embedding, logits } = inspect(state, tokens);
        const seen: [string, Float64Array][] = layers.flatMap(
          ({ q, k, v, heads, afterAttention, hidden, afterMlp }, i) =>
            Object.entries({ q, k, v, heads, attn: afterAttention, hidden, mlp: afterMlp }).map(
              ([name, numbers]): [string, Float64Array] => [`layer${i}.${name}`, numbers],
            ),
        );
        for (const [point, numbers] of [["embedding", embedding] as const, ...seen, ["logits", logits] as const]) {
          expectClose(numbers, told.get(point) ?? [], CLOSE);
        }
        // Everything but the two norms of a layer, which follow from the stream.
        expect(seen.length + 2).toBe(told.size - 2 * config.nLayer);
      }),
    );
  });

  test("each row of attention sums to 1 over the rows it sees, and mixes the values into the heads' output", () => {
    fc.assert(
      fc.property(examples, ({ state, tokens }) => {
        const [R, { nHead: H, nEmbd: C }] = [tokens.length, state.config];
        const D = C / H;
        for (const { attention, v, heads } of inspect(state, tokens).layers) {
          expect(attention).toHaveLength(H * R * R);
          const at = (h: number, r: number, s: number): number => attention[(h * R + r) * R + s] ?? Number.NaN;
          const sums = Array.from({ length: H * R }, (_, i) => {
            const [h, r] = [Math.floor(i / R), i % R];
            const row = Array.from({ length: R }, (_, s) => at(h, r, s));
            expect(row.slice(0, r + 1).every((weight) => weight >= 0)).toBe(true);
            expect(row.slice(r + 1)).toEqual(Array(R - 1 - r).fill(0));
            return row.reduce((sum, weight) => sum + weight);
          });
          expectClose(sums, Array(H * R).fill(1), CLOSE);
          const mixed = heads.map((_, i) => {
            const [r, h, d] = [Math.floor(i / C), Math.floor(i / D) % H, i % D];
            return tokens.reduce((sum, _, s) => sum + at(h, r, s) * (v[(s * H + h) * D + d] ?? Number.NaN), 0);
          });
          expectClose(heads, mixed, CLOSE);
        }
      }),
    );
  });

  test("the lens is lm_head on the stream after each part; its last are the logits", () => {
    fc.assert(
      fc.property(examples, ({ state, tokens }) => {
        const { embedding, layers, lens, logits } = inspect(state, tokens);
        const { config, weights } = state;
        expect(lens).toHaveLength(config.nLayer + 1);
        expect(lens.at(-1)).toEqual(logits);
        [embedding, ...layers.map(({ afterMlp }) => afterMlp)].forEach((stream, i) => {
          expectClose(lens[i] ?? [], through(stream, weights.lm_head ?? [], config.nEmbd), CLOSE);
        });
      }),
    );
  });
});

describe("heads that are off", () => {
  test("all of them: as if attn_wo were 0", () => {
    fc.assert(
      fc.property(examples, ({ state, tokens }) => {
        const { logits, layers } = inspect(state, tokens, { off: allHeads(state.config) });
        const without = cleared(state, (name) => !name.endsWith("attn_wo"));
        expectClose(logits, inspect(without, tokens).logits, CLOSE);
        for (const { heads } of layers) expect(largest(heads)).toBe(0);
      }),
    );
  });

  test("one of them: as if its columns of attn_wo were 0; its attention is still shown", () => {
    fc.assert(
      fc.property(examples, fc.nat(), ({ state, tokens }, at) => {
        const { nHead, nEmbd: C } = state.config;
        const all = allHeads(state.config);
        const [layer, head] = all[at % all.length] ?? [0, 0];
        const keep = (name: string, i: number): boolean =>
          name !== `layer${layer}.attn_wo` || Math.floor((i % C) / (C / nHead)) !== head;
        const found = inspect(state, tokens, { off: [[layer, head]] });
        const expected = inspect(cleared(state, keep), tokens);
        expectClose(found.logits, expected.logits, CLOSE);
        expect(found.layers[layer]?.attention).toEqual(expected.layers[layer]?.attention);
      }),
    );
  });

  test("none of them: the same as without the option", () => {
    const state = fresh({ ...presets.microgpt.model, vocabSize: 27 });
    const [without, none] = [inspect(state, [26, 4, 12, 12, 0]), inspect(state, [26, 4, 12, 12, 0], { off: [] })];
    expect(none).toEqual<Inspection>(without);
  });
});

test.each<[what: string, tokens: number[], off: [number, number][], message: string]>([
  ["no token", [], [], "inspect: expected at least one token, got none; pass one, BOS for instance"],
  ["too many tokens", Array(17).fill(0), [], "gpt: expected at most 16 tokens, the model's blockSize, got 17"],
  ["an unknown token", [26, 27], [], "inspect: expected ids from 0 to 26, got 27; check the tokens"],
  ["half a token", [0.5], [], "inspect: expected ids from 0 to 26, got 0.5"],
  ["an unknown layer", [26], [[1, 0]], "inspect: expected a layer of off to be a whole number from 0 to 0, got 1"],
  ["an unknown head", [26], [[0, 4]], "inspect: expected a head of off to be a whole number from 0 to 3, got 4"],
])("%s is refused", (_, tokens, off, message) => {
  const act = (): unknown => inspect(fresh({ ...presets.microgpt.model, vocabSize: 27 }), tokens, { off });
  expect(act).toThrow(MicrogptError);
  expect(act).toThrow(message);
});
