import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { evaluate } from "../graph/evaluate.ts";
import { GraphNode } from "../graph/graph-node.ts";
import { ScalarGPT } from "../scalar/scalar-gpt.ts";
import { ScalarTensor } from "../scalar/scalar-tensor.ts";
import { rowsOf, vector } from "../testing/packed.ts";
import { MicrogptError } from "../util/errors.ts";
import { Random } from "../util/random.ts";
import { type GPTConfig, MLPS } from "./config.ts";
import { type Context, gpt, type WatchPoint } from "./gpt.ts";
import { initParams } from "./init.ts";
import { KVCache } from "./kv-cache.ts";
import { mapParams, namedParams, type StateDict } from "./params.ts";

interface Example {
  readonly config: GPTConfig;
  readonly params: StateDict<ScalarTensor>;
  /** Two documents of the same length. */
  readonly batch: readonly (readonly number[])[];
}

const upTo = (max: number, min = 1): fc.Arbitrary<number> => fc.integer({ min, max });

/** Random small models, with weights large enough for every part to matter, and tokens for them. */
const examples: fc.Arbitrary<Example> = fc
  .record({
    sizes: fc.record({ vocabSize: upTo(6, 2), nLayer: upTo(2), nHead: upTo(3), blockSize: upTo(6) }),
    D: upTo(3),
    mlp: fc.constantFrom(...MLPS),
    seed: fc.nat(),
    unused: fc.nat(5),
  })
  .chain(({ sizes, D, mlp, seed, unused }) => {
    const config: GPTConfig = { ...sizes, nEmbd: sizes.nHead * D, mlp, initStd: 0.7, zeroInit: false };
    const params = initParams(config, new Random(seed), ScalarTensor.from);
    const T = Math.max(1, config.blockSize - unused);
    const tokens = fc.array(fc.nat(config.vocabSize - 1), { minLength: T, maxLength: T });
    return fc.record({ config: fc.constant(config), params: fc.constant(params), batch: fc.tuple(tokens, tokens) });
  });

/** The logits after each token of documents packed together, one row a token. */
function logitsOf({ config, params }: Example, ...documents: readonly (readonly number[])[]): number[][] {
  const logits = gpt(params, ...rowsOf(...documents), config);
  expect(logits.shape).toEqual([documents.flat().length, config.vocabSize]);
  return cut(logits, config.vocabSize);
}

/** The logits after tokens that continue those of the cache. */
function continued({ config, params }: Example, tokens: readonly number[], cache: KVCache<ScalarTensor>): number[][] {
  const positions = tokens.map((_, t) => cache.length + t);
  const context: Context<ScalarTensor> = {
    positions: vector(...positions),
    starts: vector(...positions.map(() => 0)),
    ends: vector(...positions.map((t) => t + 1)),
    remember: (layer, k, v) => cache.remember(layer, k, v),
  };
  return cut(gpt(params, vector(...tokens), context, config), config.vocabSize);
}

function cut(tensor: ScalarTensor, width: number): number[][] {
  const data = [...tensor.data()];
  return Array.from({ length: data.length / width }, (_, row) => data.slice(row * width, (row + 1) * width));
}

// All the equalities below are exact: the same sums in the same order.

describe("with a cache", () => {
  test("token by token gives the logits of the whole document at once", () => {
    fc.assert(
      fc.property(examples, (example) => {
        const [tokens = []] = example.batch;
        const cache = new KVCache<ScalarTensor>();
        const oneByOne = tokens.flatMap((token, t) => {
          expect(cache.length).toBe(t);
          return continued(example, [token], cache);
        });
        expect(oneByOne).toEqual(logitsOf(example, tokens));
      }),
    );
  });

  test("any split of the document in pieces gives them too", () => {
    fc.assert(
      fc.property(examples, fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }), (example, cuts) => {
        const [tokens = []] = example.batch;
        const pieces: number[][] = [[]];
        tokens.forEach((token, t) => {
          if (cuts[t] && pieces.at(-1)?.length !== 0) pieces.push([]);
          pieces.at(-1)?.push(token);
        });
        const cache = new KVCache<ScalarTensor>();
        expect(pieces.flatMap((piece) => continued(example, piece, cache))).toEqual(logitsOf(example, tokens));
      }),
    );
  });

  test("a new cache does not contain an old one", () => {
    fc.assert(
      fc.property(examples, (example) => {
        const [first = [], second = []] = example.batch;
        continued(example, first, new KVCache<ScalarTensor>());
        expect(continued(example, second, new KVCache<ScalarTensor>())).toEqual(logitsOf(example, second));
      }),
    );
  });
});

test("with a cache that is written in place, a graph gives the logits of the scalar engine's decoder", () => {
  fc.assert(
    fc.property(examples, ({ config, params, batch: [tokens = []] }) => {
      const { blockSize, nHead: H, nEmbd: C } = config;
      const one = (name: string): GraphNode => GraphNode.input(name, [1]);
      const after = new Map<string, GraphNode>(); // each cache with the new row
      const written = (name: string, row: GraphNode): GraphNode => {
        const table = GraphNode.input(name, [blockSize, H, C / H]).put(one("position"), row);
        after.set(name, table);
        return table;
      };
      const context: Context<GraphNode> = {
        positions: one("position"),
        starts: one("start"),
        ends: one("end"),
        remember: (layer, k, v) => [written(`k${layer}`, k), written(`v${layer}`, v)],
      };
      const weights = mapParams(params, ({ shape }, name) => GraphNode.input(name, shape));
      const logits = gpt(weights, one("token"), context, config);

      const numbers: Record<string, ArrayLike<number>> = {};
      for (const [name, tensor] of namedParams(params)) numbers[name] = tensor.data();
      for (const name of after.keys()) numbers[name] = new Float64Array(blockSize * C);
      const next = new ScalarGPT(config, params).decoder();
      tokens.forEach((token, t) => {
        Object.assign(numbers, { token: [token], position: [t], start: [0], end: [t + 1] });
        const [found = [], ...tables] = evaluate([logits, ...after.values()], numbers);
        [...after.keys()].forEach((name, i) => {
          numbers[name] = tables[i] ?? [];
        });
        // A few hundred operations on numbers near 1, in another order.
        expect([...found]).toEqual(Array.from(next(token), (x) => expect.closeTo(x, 11)));
      });
    }),
  );
});

test("documents packed together get the same logits as each alone", () => {
  fc.assert(
    fc.property(examples, fc.nat(), (example, at) => {
      const [first = [], second = []] = example.batch;
      const short = second.slice(0, 1 + (at % second.length));
      const alone = [first, short, second].flatMap((document) => logitsOf(example, document));
      expect(logitsOf(example, first, short, second)).toEqual(alone);
    }),
  );
});

test("later tokens change nothing before them", () => {
  fc.assert(
    fc.property(examples, fc.nat(), (example, at) => {
      const [tokens = [], other = []] = example.batch;
      const kept = at % tokens.length;
      const changed = [...tokens.slice(0, kept), ...other.slice(kept)];
      expect(logitsOf(example, changed).slice(0, kept)).toEqual(logitsOf(example, tokens).slice(0, kept));
    }),
  );
});

const fixed: GPTConfig = {
  vocabSize: 4,
  nLayer: 2,
  nHead: 2,
  nEmbd: 4,
  blockSize: 3,
  mlp: "relu",
  initStd: 0.5,
  zeroInit: false,
};
const [tokens, context] = rowsOf([0, 1, 2]);

test("earlier tokens do change later logits", () => {
  const example = { config: fixed, params: initParams(fixed, new Random(1), ScalarTensor.from), batch: [] };
  const [, , last] = logitsOf(example, [0, 1, 2]);
  const [, , otherLast] = logitsOf(example, [3, 1, 2]);
  expect(otherLast).not.toEqual(last);
});

test("every weight matrix gets a gradient, and unused positions and tokens get none", () => {
  const params = initParams(fixed, new Random(1), ScalarTensor.from);
  gpt(params, ...rowsOf([0, 1]), fixed)
    .pow(2)
    .reshape(-1)
    .sum(0)
    .backward();
  for (const [name, weight] of namedParams(params))
    expect([name, weight.grad().some((g) => g !== 0)]).toEqual([name, true]);
  expect([...params.wte.slice(0, 2, 4).grad()]).toEqual(Array(8).fill(0));
  expect([...(params.wpe?.slice(0, 2, 3).grad() ?? [])]).toEqual(Array(4).fill(0));
});

test("the activation is the config's", () => {
  const params = initParams(fixed, new Random(1), ScalarTensor.from);
  const logits = (["relu", "relu2", "gelu", "gelu_tanh"] as const).map((mlp) =>
    gpt(params, tokens, context, { ...fixed, mlp })
      .data()
      .join(),
  );
  expect(new Set(logits).size).toBe(4);
});

test("layers that start as the identity leave the logits of the embedding", () => {
  const params = initParams({ ...fixed, zeroInit: true }, new Random(1), ScalarTensor.from);
  expect(gpt(params, tokens, context, fixed).data()).toEqual(
    gpt({ ...params, layers: [] }, tokens, context, fixed).data(),
  );
});

test.each<[what: string, ids: readonly number[], message: string]>([
  ["a token outside the vocabulary", [4], "embedding: expected ids from 0 to 3, got 4;"],
  ["a position outside the context", [0, 1, 2, 3], "embedding: expected ids from 0 to 2, got 3;"],
])("%s is refused", (_, ids, message) => {
  const params = initParams(fixed, new Random(1), ScalarTensor.from);
  const act = (): ScalarTensor => gpt(params, ...rowsOf(ids), fixed);
  expect(act).toThrow(MicrogptError);
  expect(act).toThrow(message);
});

test("`drop` gets the embedding and the output of each half layer, and its result is used", () => {
  fc.assert(
    fc.property(examples, (example) => {
      const { config, params, batch } = example;
      const [tokens, context] = rowsOf(...batch);
      const shapes: number[][] = [];
      const drop = (x: ScalarTensor): ScalarTensor => {
        shapes.push([...x.shape]);
        return x.mul(0);
      };
      const { shape: [R = 0] = [] } = tokens;
      expect([...gpt(params, tokens, { ...context, drop }, config).data()].every((logit) => logit === 0)).toBe(true);
      expect(shapes).toEqual(Array(1 + 2 * config.nLayer).fill([R, config.nEmbd]));
    }),
    { numRuns: 20 },
  );
});

describe("`watch`", () => {
  /** The values at each point, for fixed weights and one document; at one of them the result may be replaced. */
  function watched(changed?: WatchPoint, answer = (x: ScalarTensor): ScalarTensor => x) {
    const params = initParams(fixed, new Random(1), ScalarTensor.from);
    const told = new Map<WatchPoint, ScalarTensor>();
    const watch = (point: WatchPoint, x: ScalarTensor): ScalarTensor => {
      const y = point === changed ? answer(x) : x;
      told.set(point, y);
      return y;
    };
    const logits = gpt(params, tokens, { ...context, watch }, fixed);
    const at = (point: WatchPoint): number[] => [...(told.get(point)?.data() ?? [])];
    return { at, logits };
  }

  test("sees every point in order, and if it returns its argument the logits are unchanged", () => {
    fc.assert(
      fc.property(examples, ({ config, params, batch }) => {
        const { nEmbd: C, nHead: H, nLayer, vocabSize } = config;
        const [tokens, context] = rowsOf(...batch);
        const { shape: [R = 0] = [] } = tokens;
        const told: [WatchPoint, readonly number[]][] = [];
        const watch = (point: WatchPoint, x: ScalarTensor): ScalarTensor => {
          told.push([point, x.shape]);
          return x;
        };
        const logits = gpt(params, tokens, { ...context, watch }, config);
        expect(logits.data()).toEqual(gpt(params, tokens, context, config).data());
        const heads = [R, H, C / H];
        const layers = Array.from({ length: nLayer }, (_, i) => [
          [`layer${i}.attn_norm`, [R, C]],
          ...["q", "k", "v", "heads"].map((point) => [`layer${i}.${point}`, heads]),
          [`layer${i}.attn`, [R, C]],
          [`layer${i}.mlp_norm`, [R, C]],
          [`layer${i}.hidden`, [R, 4 * C]],
          [`layer${i}.mlp`, [R, C]],
        ]);
        expect(told).toEqual([["embedding", [R, C]], ...layers.flat(), ["logits", [R, vocabSize]]]);
      }),
    );
  });

  // Everything later depends only on one of these: each is the model's whole state at that point.
  test.each<WatchPoint>(["embedding", "layer0.attn", "layer0.mlp", "layer1.attn", "layer1.mlp", "logits"])(
    "its result at %s is used",
    (point) => {
      const params = initParams(fixed, new Random(1), ScalarTensor.from);
      const [other, otherContext] = rowsOf([3, 2, 2]);
      const told = new Map<WatchPoint, ScalarTensor>();
      const watch = (name: WatchPoint, x: ScalarTensor): ScalarTensor => {
        told.set(name, x);
        return x;
      };
      const expected = gpt(params, other, { ...otherContext, watch }, fixed);
      const { logits } = watched(point, (x) => told.get(point) ?? x);
      expect(logits.data()).toEqual(expected.data());
      expect(logits.data()).not.toEqual(watched().logits.data());
    },
  );

  test.each<[changed: WatchPoint, found: WatchPoint, expected: WatchPoint | "nothing" | "the mean of v"]>([
    ["layer1.attn_norm", "layer1.q", "nothing"],
    ["layer1.attn_norm", "layer1.k", "nothing"],
    ["layer1.attn_norm", "layer1.v", "nothing"],
    ["layer1.q", "layer1.heads", "the mean of v"],
    ["layer1.k", "layer1.heads", "the mean of v"],
    ["layer1.v", "layer1.heads", "nothing"],
    ["layer1.heads", "layer1.attn", "layer0.mlp"],
    ["layer1.mlp_norm", "layer1.hidden", "nothing"],
    ["layer1.hidden", "layer1.mlp", "layer1.attn"],
  ])("0 at %s makes %s %s", (changed, found, expected) => {
    const { at } = watched(changed, (x) => x.mul(0));
    const v = at("layer1.v");
    const meanOfV = (i: number): number => {
      const seen = v.filter((_, j) => j % 4 === i % 4).slice(0, 1 + Math.floor(i / 4)); // the rows up to its own
      return seen.reduce((sum, x) => sum + x) / seen.length;
    };
    const numbers =
      expected === "nothing"
        ? at(found).map(() => 0)
        : expected === "the mean of v"
          ? v.map((_, i) => meanOfV(i))
          : at(expected);
    // A mean of three numbers near 1, in another order.
    expect(at(found)).toEqual(numbers.map((x) => expect.closeTo(x, 14)));
    expect(at(found)).not.toEqual(watched().at(found));
  });
});
