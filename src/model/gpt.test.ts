import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { evaluate } from "../graph/evaluate.ts";
import { GraphNode } from "../graph/graph-node.ts";
import { ScalarGPT } from "../scalar/scalar-gpt.ts";
import { ScalarTensor } from "../scalar/scalar-tensor.ts";
import { rowsOf, vector } from "../testing/packed.ts";
import { type Example, examples, fixed } from "../testing/small-gpts.ts";
import { MicrogptError } from "../util/errors.ts";
import { Random } from "../util/random.ts";
import { type Context, gpt } from "./gpt.ts";
import { initParams } from "./init.ts";
import { KVCache } from "./kv-cache.ts";
import { mapParams, namedParams } from "./params.ts";

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
