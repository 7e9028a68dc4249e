import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { slopeAt } from "../testing/finite-differences.ts";
import { type Operation, Value } from "./value.ts";

type Expression = (x: Value, y: Value) => Value;

/** Builds the expression at x and y and runs backward from it. */
function differentiate(f: Expression, x: number, y: number): { data: number; dx: number; dy: number } {
  const [leafX, leafY] = [new Value(x), new Value(y)];
  const root = f(leafX, leafY);
  root.backward();
  return { data: root.data, dx: leafX.grad, dy: leafY.grad };
}

describe("an operation gives its result and its slope towards each operand", () => {
  // At x = 2, y = -4: powers of two, so that even quotients are exact and compared exactly.
  test.each<[name: string, f: Expression, data: number, dx: number, dy: number]>([
    ["x + y", (x, y) => x.add(y), -2, 1, 1],
    ["x + 3", (x) => x.add(3), 5, 1, 0],
    ["x · y", (x, y) => x.mul(y), -8, -4, 2],
    ["x · 3", (x) => x.mul(3), 6, 3, 0],
    ["x³", (x) => x.pow(3), 8, 12, 0],
    ["y²", (_, y) => y.pow(2), 16, 0, -8],
    ["x⁻¹", (x) => x.pow(-1), 0.5, -0.25, 0],
    ["√2x", (x) => x.mul(2).pow(0.5), 2, 0.5, 0],
    ["log x", (x) => x.log(), Math.LN2, 0.5, 0],
    ["exp x", (x) => x.exp(), Math.exp(2), Math.exp(2), 0],
    ["relu x", (x) => x.relu(), 2, 1, 0],
    ["relu y", (_, y) => y.relu(), 0, 0, 0],
    ["-x", (x) => x.neg(), -2, -1, 0],
    ["x - y", (x, y) => x.sub(y), 6, 1, -1],
    ["x - 3", (x) => x.sub(3), -1, 1, 0],
    ["x / y", (x, y) => x.div(y), -0.5, -0.25, -0.125],
    ["x / 4", (x) => x.div(4), 0.5, 0.25, 0],
  ])("%s", (_, f, data, dx, dy) => {
    expect(differentiate(f, 2, -4)).toEqual({ data, dx, dy });
  });

  test.each<[name: string, f: (x: Value) => Value, data: number, dx: number]>([
    ["relu has the slope 0", (x) => x.relu(), 0, 0],
    ["x⁰ is 1 with the slope 0, not 0 · ∞", (x) => x.pow(0), 1, 0],
    ["x¹ has the slope 1", (x) => x.pow(1), 0, 1],
    ["x² has the slope 0", (x) => x.pow(2), 0, 0],
  ])("at 0: %s", (_, f, data, dx) => {
    expect(differentiate(f, 0, 0)).toEqual({ data, dx, dy: 0 });
  });

  test("the slopes are those at the time of the node's creation, even if the data changes", () => {
    const x = new Value(3);
    const square = x.mul(x);
    x.data = 100;
    square.backward();
    expect(x.grad).toBe(6);
  });

  test("a label is kept and changes nothing", () => {
    const x = new Value(2, "x");
    const y = x.mul(new Value(3, "three"));
    y.label = "y";
    y.backward();
    expect([x.label, x.grad, y.label, y.data, y.add(1).label]).toEqual(["x", 3, "y", 6, undefined]);
  });
});

describe("a node used in several places adds up its gradients", () => {
  test.each<[name: string, f: (x: Value) => Value, dx: number]>([
    ["x + x", (x) => x.add(x), 2],
    ["x · x", (x) => x.mul(x), 4],
    ["x · x · x", (x) => x.mul(x).mul(x), 12],
    ["x² + x, long path and short", (x) => x.mul(x).add(x), 5],
    ["a diamond: m · (m + x) with m = 3x", (x) => ((m) => m.mul(m.add(x)))(x.mul(3)), 48],
    ["a thousand uses", (x) => Array.from({ length: 1000 }, () => x).reduce((sum, v) => sum.add(v)), 1000],
  ])("%s", (_, f, dx) => {
    expect(differentiate(f, 2, 0).dx).toBe(dx);
  });

  test("each node is visited once, not once for each of the 2^60 paths to it", () => {
    const doubled60Times: Expression = (x) => Array.from({ length: 60 }).reduce<Value>((v) => v.add(v), x);
    expect(differentiate(doubled60Times, 1, 0).dx).toBe(2 ** 60);
  });
});

describe("backward again", () => {
  test("doubles the gradients of leaves and keeps those in between correct", () => {
    const [x, y] = [new Value(2), new Value(-3)];
    const product = x.mul(y);
    const scaled = y.mul(5);
    const root = product.mul(product).add(x).add(scaled);
    const grads = (): number[] => [x, y, product, scaled, root].map(({ grad }) => grad);
    root.backward();
    expect(grads()).toEqual([2 * -6 * -3 + 1, 2 * -6 * 2 + 5, 2 * -6, 1, 1]);
    root.backward();
    expect(grads()).toEqual([2 * 37, 2 * -19, 2 * -6, 1, 1]);
  });

  test("from another loss: leaves add up both, a shared node holds that of the last", () => {
    const [x, y] = [new Value(2), new Value(-3)];
    const shared = x.mul(y);
    shared.pow(2).backward();
    shared.mul(3).backward();
    expect([x.grad, y.grad, shared.grad]).toEqual([(-12 + 3) * -3, (-12 + 3) * 2, 3]);
  });

  test("from a node in the middle changes nothing above it", () => {
    const x = new Value(2);
    const middle = x.mul(5);
    const root = middle.mul(7);
    root.backward();
    middle.backward();
    expect([x.grad, middle.grad, root.grad]).toEqual([35 + 5, 1, 1]);
  });

  test("a leaf is its own root: each call adds 1", () => {
    const x = new Value(5);
    x.backward();
    x.backward();
    expect(x.grad).toBe(2);
  });
});

test("a chain of a million nodes does not overflow the stack", () => {
  const x = new Value(1);
  let chain = x;
  for (let i = 0; i < 1_000_000; i++) chain = chain.add(x);
  chain.backward();
  expect([chain.data, x.grad]).toEqual([1_000_001, 1_000_001]);
});

// Steps that keep numbers of [-1, 1] in that range and whose slopes have no jumps, so that finite differences are
// close.
const steps: readonly Expression[] = [
  (x, y) => x.add(y).mul(0.5),
  (x, y) => x.sub(y).div(2),
  (x, y) => x.mul(y),
  (x, y) => x.div(y.pow(2).add(1)),
  (x) => x.pow(2).neg().exp(),
  (x) => x.pow(2).add(1).log(),
  (x) => x.relu().pow(2),
  (x) => x.pow(2).add(1).pow(-0.5),
];

test("any graph of operations agrees with central finite differences", () => {
  const number = fc.double({ min: -1, max: 1, noNaN: true });
  const program = fc.array(fc.tuple(fc.constantFrom(...steps), fc.nat(), fc.nat()), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(program, fc.tuple(number, number, number), (instructions, leaves) => {
      // Each instruction takes two of the nodes before it, so that nodes are shared in every possible way.
      const run = (inputs: readonly Value[]): Value => {
        const nodes = [...inputs];
        const pick = (i: number): Value => nodes.at(-1 - (i % nodes.length)) ?? new Value(Number.NaN);
        for (const [step, i, j] of instructions) nodes.push(step(pick(i), pick(j)));
        return nodes.slice(inputs.length).reduce((total, node) => total.add(node));
      };
      const inputs = leaves.map((x) => new Value(x));
      run(inputs).backward();
      inputs.forEach(({ grad }, i) => {
        const slope = slopeAt((x) => run(x.map((data) => new Value(data))).data, leaves, i);
        // At the kink of relu² a difference is off by STEP / 2 = 4e-6, and a few may add up (2e-5 in 200,000 runs).
        expect(Math.abs(grad - slope)).toBeLessThan(1e-4 * Math.max(1, Math.abs(grad)));
      });
    }),
    { numRuns: 300 },
  );
});

test("value.ts imports nothing: it can be copied into a lesson unchanged", () => {
  const source = readFileSync(new URL("./value.ts", import.meta.url), "utf8");
  expect(source).toContain("export class Value");
  expect(source).not.toMatch(/^\s*import\b|\bimport\s*\(|\brequire\s*\(|^\s*export\b.*\bfrom\b/m);
});

test("a number computed in another way is accepted, and its slope follows", () => {
  const at = new Value(2);
  const root = at
    .exp(7.5)
    .add(at.log(0.75))
    .add(at.pow(2, () => 5));
  root.backward();
  expect([root.data, at.grad]).toEqual([7.5 + 0.75 + 5, 7.5 + 1 / 2 + 2 * 5]);
});

const [x, y] = [new Value(3), new Value(-2)];
test.each<[made: Value, op: Operation, a: Value, b: Value | number | undefined]>([
  [x.add(y), "add", x, y],
  [x.add(7), "add", x, 7],
  [x.mul(y), "mul", x, y],
  [x.mul(7), "mul", x, 7],
  [x.pow(4), "pow", x, 4],
  [x.log(), "log", x, undefined],
  [x.exp(), "exp", x, undefined],
  [y.relu(), "relu", y, undefined],
])("a node remembers how it was made (%#)", (made, op, a, b) => {
  expect(made).toMatchObject({ op, a, b });
  expect(new Value(3).op).toBe("leaf");
});
