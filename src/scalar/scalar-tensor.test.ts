import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MicrogptError } from "../util/errors.ts";
import { ScalarTensor } from "./scalar-tensor.ts";
import { Value } from "./value.ts";

const vector = (...data: number[]): ScalarTensor => ScalarTensor.from([data.length], data);
const grid = (): ScalarTensor => ScalarTensor.from([2, 3], [1, 2, 3, 4, 5, 6]);

describe("operations that only move entries make no nodes", () => {
  test.each<[name: string, f: (x: ScalarTensor) => ScalarTensor, data: number[]]>([
    ["reshape", (x) => x.reshape(3, 2), [1, 2, 3, 4, 5, 6]],
    ["permute", (x) => x.permute(1, 0), [1, 4, 2, 5, 3, 6]],
    ["slice", (x) => x.slice(-1, 1, 3), [2, 3, 5, 6]],
    ["concat", (x) => x.concat(1, x.slice(1, 0, 1)), [1, 2, 3, 1, 4, 5, 6, 4]],
    ["embedding", (x) => x.embedding(vector(1, 0, 1)), [4, 5, 6, 1, 2, 3, 4, 5, 6]],
    ["gather", (x) => x.gather(vector(2, 0)), [3, 4]],
    ["max without ties", (x) => x.max(1), [3, 6]],
  ])("%s holds the same Values as its input, so that gradients add up in them", (_, f, data) => {
    const x = grid();
    const result = f(x);
    expect([...result.data()]).toEqual(data);
    expect(result.values.every((value) => x.values.includes(value))).toBe(true);

    result.reshape(-1).sum(0).backward();
    // The gradient of an entry of x is the number of places that it went to.
    expect([...x.grad()]).toEqual([1, 2, 3, 4, 5, 6].map((n) => data.filter((d) => d === n).length));
  });
});

describe("max", () => {
  test.each<[name: string, row: number[], max: number, gradient: number[]]>([
    ["one largest entry has it all", [1, 3, 2], 3, [0, 1, 0]],
    ["two that tie have half each", [3, 1, 3], 3, [1 / 2, 0, 1 / 2]],
    ["0 and -0 tie", [0, -0, -1], 0, [1 / 2, 1 / 2, 0]],
    ["-Infinity alone ties", [-Infinity, -Infinity], -Infinity, [1 / 2, 1 / 2]],
    ["-Infinity beside a number does not count", [-Infinity, -7], -7, [0, 1]],
  ])("%s", (_, row, largest, gradient) => {
    const x = vector(...row);
    const max = x.max(0);
    max.backward();
    expect([...max.data()]).toEqual([largest]);
    expect([...x.grad()]).toEqual(gradient);
  });

  test("of any row: the gradients sum to the one from above, and ties share it equally", () => {
    const row = fc.array(fc.integer({ min: -2, max: 2 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(row, fc.integer({ min: -100, max: 100 }), (data, upstream) => {
        const x = vector(...data);
        x.max(0).mul(upstream).backward();
        const largest = Math.max(...data);
        const ties = data.filter((entry) => entry === largest).length;
        // The running mean rounds twice for each of up to 40 ties: 80 times 1e-16 of the share.
        const tolerance = 1e-14 * Math.abs(upstream);
        x.grad().forEach((grad, i) => {
          const share = data[i] === largest ? upstream / ties : 0;
          expect(Math.abs(grad - share)).toBeLessThanOrEqual(tolerance);
        });
        const total = x.grad().reduce((sum, grad) => sum + grad);
        expect(Math.abs(total - upstream)).toBeLessThanOrEqual(tolerance);
      }),
    );
  });

  test("of a row with a NaN is NaN, so that a broken loss shows", () => {
    expect(vector(1, Number.NaN, 2).max(0).item().data).toBeNaN();
  });
});

describe("gradients", () => {
  test("a tensor used twice adds them up", () => {
    const x = vector(3, 4);
    x.mul(x).sum(0).backward();
    expect([...x.grad()]).toEqual([6, 8]);
  });

  test("a broadcast entry gets the sum over all its copies", () => {
    const row = ScalarTensor.from([1, 3], [1, 1, 1]);
    const number = ScalarTensor.from([], [2]);
    grid().mul(row).mul(number).reshape(-1).sum(0).backward();
    expect([...row.grad()]).toEqual([10, 14, 18]);
    expect([...number.grad()]).toEqual([21]);
  });

  test("stop at detach, even if the same tensor is also used elsewhere", () => {
    const x = vector(3, 4);
    x.mul(x.detach()).sum(0).backward();
    expect([...x.grad()]).toEqual([3, 4]);
  });

  test("ids get none", () => {
    const ids = vector(1, 0);
    const picked = grid().embedding(ids).gather(ids).sum(0);
    picked.backward();
    expect([...ids.grad()]).toEqual([0, 0]);
  });
});

test("a tensor is built from Values or numbers, and shows data and gradients row by row", () => {
  const values = [new Value(1), new Value(2)];
  const x = new ScalarTensor([2, 1], values);
  x.mul(10).sum(0).backward();
  expect(x.values).toBe(values);
  expect(x.data()).toEqual(Float64Array.of(1, 2));
  expect(x.grad()).toEqual(Float64Array.of(10, 10));
  expect(x.constant([1, 2], Float32Array.of(3, 4)).data()).toEqual(Float64Array.of(3, 4));
  expect(ScalarTensor.from([], [7]).item().data).toBe(7);
});

describe("errors", () => {
  test.each<[what: string, act: () => unknown, message: string]>([
    [
      "too few numbers",
      () => ScalarTensor.from([2, 3], [1, 2, 3]),
      "tensor: expected .* entry of (2, 3), got 3 numbers;",
    ],
    ["too many numbers", () => ScalarTensor.from([], [1, 2]), "tensor: expected .* entry of (), got 2 numbers;"],
    [
      "a size of 0",
      () => ScalarTensor.from([2, 0], []),
      "tensor: expected whole sizes of at least 1 .* (2, 0), got 0 numbers;",
    ],
    ["two negative sizes", () => ScalarTensor.from([-1, -2], [1, 2]), "tensor: expected whole sizes of at least 1 .*;"],
    ["a fractional size", () => ScalarTensor.from([1.5, 2], [1, 2, 3]), "tensor: expected .* (1.5, 2), got 3 numbers;"],
    ["an id below 0", () => grid().embedding(vector(0, -1)), "embedding: expected ids from 0 to 1, got -1;"],
    ["an id beyond the table", () => grid().embedding(vector(2)), "embedding: expected ids from 0 to 1, got 2;"],
    ["a fractional id", () => grid().embedding(vector(0.5)), "embedding: expected ids from 0 to 1, got 0.5;"],
    ["an id that is NaN", () => grid().gather(vector(0, Number.NaN)), "gather: expected ids from 0 to 2, got NaN;"],
    ["an id beyond the row", () => grid().gather(vector(0, 3)), "gather: expected ids from 0 to 2, got 3;"],
    ["item of many", () => grid().item(), "item: expected a tensor with one entry, got shape (2, 3);"],
    ["backward from many", () => vector(1, 2).backward(), "item: expected a tensor with one entry, got shape (2);"],
  ])("%s", (_, act, message) => {
    const pattern = message.replace(/[()]/g, "\\$&");
    expect(act).toThrow(MicrogptError);
    expect(act).toThrow(new RegExp(`^${pattern}`));
  });
});
