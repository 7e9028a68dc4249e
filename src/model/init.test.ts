import { expect, test } from "vitest";
import { Random } from "../util/random.ts";
import { type Shape, sizeOf } from "../util/shape.ts";
import type { GPTConfig } from "./config.ts";
import { initParams } from "./init.ts";
import { countParams, namedParams, paramShapes } from "./params.ts";

interface Weight {
  readonly shape: Shape;
  readonly data: readonly number[];
}

const config: GPTConfig = {
  vocabSize: 5,
  nLayer: 2,
  nHead: 2,
  nEmbd: 4,
  blockSize: 3,
  mlp: "relu",
  initStd: 0.08,
  zeroInit: false,
};

function init(change: Partial<GPTConfig>, random: Random): [name: string, weight: Weight][] {
  return namedParams(initParams({ ...config, ...change }, random, (shape, data) => ({ shape, data: [...data] })));
}

test("the weights are consecutive draws of one stream, in the order of their names, row by row", () => {
  const random = new Random(42);
  const draws = Array.from({ length: countParams(config) }, () => random.gauss(0, 0.08));
  expect(init({}, new Random(42)).flatMap(([, { data }]) => data)).toEqual(draws);
});

test("each has its shape, with a number for each entry", () => {
  const weights = init({}, new Random(1));
  expect(weights.map(([name, { shape }]) => [name, shape])).toEqual(namedParams(paramShapes(config)));
  expect(weights.map(([, { data }]) => data.length)).toEqual(weights.map(([, { shape }]) => sizeOf(shape)));
});

test("initStd only scales the draws", () => {
  const [narrow, wide] = [0.5, 1].map((initStd) => init({ initStd }, new Random(3)));
  // Twice a number is exact in binary.
  expect(narrow?.map(([, { data }]) => data.map((n) => 2 * n))).toEqual(wide?.map(([, { data }]) => data));
});

test("under zeroInit attn_wo and mlp_fc2 are 0 in every layer, but still draw: all others are unchanged", () => {
  const plain = init({}, new Random(42));
  const zeroed = init({ zeroInit: true }, new Random(42));
  const isZero = ({ data }: Weight): boolean => data.every((n) => Object.is(n, 0));
  expect(zeroed.filter(([, weight]) => isZero(weight)).map(([name]) => name)).toEqual(
    [0, 1].flatMap((i) => [`layer${i}.attn_wo`, `layer${i}.mlp_fc2`]),
  );
  expect(zeroed.filter(([, weight]) => !isZero(weight))).toEqual(
    plain.filter(([name]) => !/attn_wo|mlp_fc2/.test(name)),
  );
});

test("the stream continues from the same place whether weights start at 0 or not", () => {
  const states = [{}, { zeroInit: true }, { initStd: 0 }].map((change) => {
    const random = new Random(42);
    init(change, random);
    return random.getState();
  });
  expect(states[1]).toEqual(states[0]);
  expect(states[2]).toEqual(states[0]);
});
