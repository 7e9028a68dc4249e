import { describe, expect, test } from "vitest";
import { Value } from "./value.ts";

// In a C++ port, nodes pointed to copies of their operands: gradients went to the copies, and the loss of every step
// was that of the first. Here a Value is an object, and every reference to it is to the same one.

type Expression = (x: Value, y: Value) => Value;

const same = <T>(value: T): T => value;
const sum = (terms: readonly Value[]): Value => terms.reduce((total, term) => total.add(term));

describe("(xy + x)² + 3y has the same gradient however its parts were stored and passed around", () => {
  test.each<[name: string, f: Expression]>([
    ["in one line", (x, y) => x.mul(y).add(x).pow(2).add(y.mul(3))],
    [
      "through variables that name the same node",
      (x, y) => {
        const [alias, other] = [x, y];
        const inner = alias.mul(other).add(x);
        const again = inner;
        return inner.mul(again).add(y.mul(3));
      },
    ],
    [
      "through arrays that were spread, sliced and mapped",
      (x, y) => {
        const leaves = [x, y];
        const copies = [...leaves].slice().map(same);
        const inner = sum([copies.reduce((product, factor) => product.mul(factor)), ...leaves.slice(0, 1)]);
        const terms = [inner.mul(inner), ...copies.slice(1).map((leaf) => leaf.mul(3))];
        return sum([...terms]);
      },
    ],
    [
      "through sums that are assigned anew in loops",
      (x, y) => {
        let inner = x;
        for (const factor of [y]) inner = inner.add(x.mul(factor));
        let total = inner.mul(0);
        total = total.add(inner.mul(inner));
        for (let i = 0; i < 3; i++) total = total.add(y);
        return total;
      },
    ],
    [
      "through variables that were overwritten since",
      (x, y) => {
        let node = x.mul(y);
        const inner = node.add(x);
        node = inner.pow(2);
        const square = node;
        node = y.mul(3);
        return square.add(node);
      },
    ],
    [
      "through functions, objects and closures",
      (x, y) => {
        const parts = { ...{ x: same(x), later: () => same(y) } };
        const square = ({ of }: { of: Value }): Value => of.pow(2);
        return square({ of: same(parts.x.mul(parts.later())).add(parts.x) }).add(parts.later().mul(3));
      },
    ],
  ])("%s", (_, f) => {
    const [x, y] = [new Value(2), new Value(-3)];
    const root = f(x, y);
    root.backward();
    const inner = 2 * -3 + 2;
    expect(root.data).toBe(inner ** 2 + 3 * -3);
    expect(x.grad).toBe(2 * inner * (-3 + 1));
    expect(y.grad).toBe(2 * inner * 2 + 3);
  });
});

test("following the gradient reduces a loss", () => {
  // Fits wt + b to 3t - 1. The first line is 0 everywhere: off by 1 at t = 0, by 2 at t = 1, by 5 at t = 2.
  const params = { w: new Value(0), b: new Value(0) };
  const losses: number[] = [];
  for (let step = 0; step < 200; step++) {
    const { w, b } = { ...params };
    let loss = new Value(0);
    for (const t of [0, 1, 2]) {
      const target = 3 * t - 1;
      loss = loss.add(w.mul(t).add(b).sub(target).pow(2));
    }
    loss.backward();
    for (const param of Object.values(params)) {
      param.data -= 0.1 * param.grad;
      param.grad = 0;
    }
    losses.push(loss.data);
  }
  expect(losses[0]).toBe(1 + 4 + 25);
  expect(losses.at(-1)).toBeLessThan(1e-6);
});
