import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MicrogptError } from "./errors.ts";
import { Random, type RandomState } from "./random.ts";

/** CPython's draws for one seed, in this order, from one stream. Written by test/oracle/random_trace.py. */
interface Trace {
  readonly seed: number;
  readonly random: readonly number[];
  readonly gauss: readonly number[];
  readonly shuffle: readonly number[];
  readonly getrandbits: readonly number[];
  readonly choices: readonly number[];
  readonly gaussOdd: readonly number[];
  readonly randomBetween: readonly number[];
  readonly gaussKept: readonly number[];
  readonly shuffleLong: readonly number[];
}

interface Oracle {
  readonly weights: readonly number[];
  readonly seeds: readonly Trace[];
}

const oracle: Oracle = JSON.parse(readFileSync(new URL("../../test/oracle/random.json", import.meta.url), "utf8"));

const times = <T>(n: number, draw: () => T): T[] => Array.from({ length: n }, draw);
const range = (n: number): number[] => [...Array(n).keys()];

// C's log, cos and sin may differ in the last bit: a few steps of 1e-16 for numbers near 1.
function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  expected.forEach((n, i) => {
    expect(Math.abs((actual[i] ?? Number.NaN) - n)).toBeLessThanOrEqual(1e-15 * Math.max(1, Math.abs(n)));
  });
}

describe("draws the same numbers as CPython", () => {
  test("for seeds of one and two words, for 0 and negative seeds", () => {
    expect(oracle.seeds.map(({ seed }) => seed)).toEqual([0, 1, 42, 2 ** 32 - 1, 2 ** 32, 123456789012, -5]);
  });

  test.each(oracle.seeds)("from seed $seed", (trace) => {
    const random = new Random(trace.seed);
    expect(times(5, () => random.random())).toEqual(trace.random);
    expectClose(
      times(6, () => random.gauss()),
      trace.gauss,
    );
    expect(random.shuffle(range(20))).toEqual(trace.shuffle);
    expect([1, 7, 31, 32].map((bits) => random.getrandbits(bits))).toEqual(trace.getrandbits);
    expect(times(10, () => random.choice(oracle.weights))).toEqual(trace.choices);
    expectClose(
      times(3, () => random.gauss(2, 0.5)),
      trace.gaussOdd,
    );
    expect([random.random()]).toEqual(trace.randomBetween);
    expectClose([random.gauss()], trace.gaussKept);
    expect(random.shuffle(range(1000)).slice(-10)).toEqual(trace.shuffleLong);
  });

  test("for the largest seeds", () => {
    // CPython 3.11: random.seed(2**53 - 1); random.random()
    expect(new Random(Number.MAX_SAFE_INTEGER).random()).toBe(0.09425040007102303);
    expect(new Random(Number.MIN_SAFE_INTEGER).random()).toBe(0.09425040007102303);
  });
});

describe("a draw", () => {
  test("of random() is in [0, 1)", () => {
    const random = new Random(7);
    const draws = times(10_000, () => random.random());
    expect(Math.min(...draws)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...draws)).toBeLessThan(1);
  });

  test("of gauss has the requested mean and spread", () => {
    const random = new Random(7);
    const draws = times(10_000, () => random.gauss(3, 2));
    const mean = draws.reduce((sum, n) => sum + n) / draws.length;
    const variance = draws.reduce((sum, n) => sum + (n - mean) ** 2, 0) / draws.length;
    // Four standard errors of 10,000 draws: 2 / 100 for the mean, 4 √(2 / 10,000) = 0.06 for the variance.
    expect(Math.abs(mean - 3)).toBeLessThan(0.08);
    expect(Math.abs(variance - 4)).toBeLessThan(0.24);
  });

  test("of shuffle holds the same items and does not change its argument", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(9)), fc.maxSafeInteger(), (items, seed) => {
        const original = [...items];
        const shuffled = new Random(seed).shuffle(items);
        expect(items).toEqual(original);
        expect(shuffled.toSorted()).toEqual(original.toSorted());
      }),
    );
  });

  test("of choice never returns an index of weight 0", () => {
    const weights = fc.array(fc.constantFrom(0, 0.5, 1e-300, 1e300), { minLength: 1, maxLength: 9 });
    fc.assert(
      fc.property(
        weights.filter((all) => all.some((weight) => weight > 0)),
        fc.nat(),
        (all, seed) => {
          expect(all[new Random(seed).choice(all)]).toBeGreaterThan(0);
        },
      ),
    );
  });

  test("of choice skips an index of weight 0 even if random() is 0", () => {
    const state = new Random(1).getState();
    const zeroNext = (): Random => Random.fromState({ ...state, words: state.words.with(0, 0).with(1, 0), index: 0 });
    expect(zeroNext().random()).toBe(0);
    expect(zeroNext().choice([0, 0, 1, 1])).toBe(2);
  });

  test.each([[[]], [[0, 0]], [[1, Number.NaN]], [[Infinity, 1]], [[-1]]])(
    "of choice from the weights %j is an internal error",
    (weights) => {
      expect(() => new Random(1).choice(weights)).toThrow(/^internal: choice: weights sum to/);
    },
  );
});

test("fillGauss writes the numbers of as many calls of gauss, to the bit, and leaves the stream in the same state", () => {
  // Around the length of a block, too, and after an odd number of draws of any kind.
  const length = fc.oneof(fc.nat(9), fc.constantFrom(2046, 2047, 2048, 2049, 4095, 4096, 4097), fc.nat(5000));
  const std = fc.constantFrom(0, 1e-46, 1e-44, 1e-40, 0.02, 0.08, 1, 1e30);
  fc.assert(
    fc.property(
      fc.maxSafeInteger(),
      fc.nat(700),
      fc.nat(3),
      length,
      std,
      fc.boolean(),
      (seed, skip, odd, n, s, wide) => {
        const [one, all] = [new Random(seed), new Random(seed)];
        for (const random of [one, all]) {
          times(skip, () => random.getrandbits(32));
          times(odd, () => random.gauss());
        }
        const Numbers = wide ? Float64Array : Float32Array;
        const expected = new Numbers(times(n, () => one.gauss(0, s)));
        const target = new Numbers(n);
        all.fillGauss(target, s);
        expect(target).toEqual(expected);
        expect(all.getState()).toEqual(one.getState());
        expect(all.gauss()).toBe(one.gauss());
      },
    ),
  );
});

describe("the state", () => {
  type Draw = (random: Random) => unknown;
  const draws: fc.Arbitrary<Draw[]> = fc.array(
    fc.constantFrom<Draw>(
      (random) => random.random(),
      (random) => random.gauss(),
      (random) => random.getrandbits(32),
      (random) => random.shuffle(range(300)),
      (random) => random.choice([1, 2, 3]),
    ),
    { minLength: 1, maxLength: 12 },
  );

  test("saved at any point, through JSON, continues the stream exactly", () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), draws, draws, (seed, before, after) => {
        const random = new Random(seed);
        for (const draw of before) draw(random);
        const restored = Random.fromState(JSON.parse(JSON.stringify(random.getState())));
        expect(restored.getState()).toEqual(random.getState());
        expect(after.map((draw) => draw(restored))).toEqual(after.map((draw) => draw(random)));
      }),
    );
  });

  test("holds the second value of a gauss pair", () => {
    const random = new Random(1);
    expect(random.getState().gaussNext).toBeNull();
    random.gauss();
    const { gaussNext } = random.getState();
    expect(gaussNext).not.toBeNull();
    expect(Random.fromState(random.getState()).gauss()).toBe(gaussNext);
  });

  test("is a copy: later draws do not change it, and generators made from it are independent", () => {
    const random = new Random(1);
    const state = random.getState();
    const expected = times(700, () => random.random());
    const [first, second] = [Random.fromState(state), Random.fromState(state)];
    expect(times(700, () => first.random())).toEqual(expected);
    expect(times(700, () => second.random())).toEqual(expected);
  });

  const good = new Random(1).getState();
  test.each<[what: string, state: RandomState]>([
    ["too few words", { ...good, words: good.words.slice(1) }],
    ["too many words", { ...good, words: [...good.words, 0] }],
    ["a word of 33 bits", { ...good, words: good.words.with(5, 2 ** 32) }],
    ["a negative word", { ...good, words: good.words.with(5, -1) }],
    ["a fractional word", { ...good, words: good.words.with(5, 0.5) }],
    ["a word that is NaN", { ...good, words: good.words.with(623, Number.NaN) }],
    ["an index beyond the words", { ...good, index: 625 }],
    ["a negative index", { ...good, index: -1 }],
    ["a fractional index", { ...good, index: 1.5 }],
    ["a gaussNext that is NaN", { ...good, gaussNext: Number.NaN }],
    ["a gaussNext that is infinite", { ...good, gaussNext: Infinity }],
  ])("with %s is refused", (_, state) => {
    expect(() => Random.fromState(state)).toThrow(MicrogptError);
    expect(() => Random.fromState(state)).toThrow(/^random: expected a state of 624 32-bit words/);
  });
});

test.each([0.5, Number.NaN, Infinity, 2 ** 53, -(2 ** 53)])("the seed %d is refused", (seed) => {
  expect(() => new Random(seed)).toThrow(MicrogptError);
  expect(() => new Random(seed)).toThrow(`random: expected seed to be a whole number, got ${seed};`);
});
