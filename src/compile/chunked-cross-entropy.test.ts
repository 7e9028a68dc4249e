import { describe, expect, test } from "vitest";
import { SIMD128 } from "../backend/wasm/target.ts";
import { evaluate } from "../graph/evaluate.ts";
import { grad } from "../graph/grad.ts";
import { GraphNode } from "../graph/graph-node.ts";
import { linearCrossEntropy } from "../tensor/vocabulary.ts";
import { compiled } from "../testing/compiled.ts";
import { type Dim, isDynamic, known, ROWS } from "../util/dim.ts";
import { Random } from "../util/random.ts";
import { compile } from "./compile.ts";
import { writesOf } from "./kernel.ts";

const [C, V] = [6, 9000]; // three chunks, the last one shorter

function rootsOf(R: Dim, cap: number) {
  const [x, weight] = [GraphNode.input("x", [R, C]), GraphNode.input("weight", [V, C])];
  const losses = linearCrossEntropy(x.mul(2), weight, GraphNode.input("targets", [R]), cap);
  const loss = losses.mul(GraphNode.input("shares", [R])).sum(0);
  const [dx, dw] = grad(loss, [x, weight]) as [GraphNode, GraphNode];
  return { outputs: { losses, loss, dx, dw }, updates: {} };
}

describe.each([0, 3])("linear and cross entropy of a large vocabulary, held within ± %d", (cap) => {
  test("is computed in chunks as by its definition", () => {
    const [random, R] = [new Random(1), 5];
    const numbers = (length: number): number[] => Array.from({ length }, () => Math.fround(random.gauss(0, 1)));
    const inputs = {
      x: numbers(R * C),
      weight: numbers(V * C),
      targets: [0, 4095, 4096, 8999, 5000],
      shares: numbers(R),
    };
    const { outputs } = rootsOf(R, cap);
    const expected = evaluate(Object.values(outputs), inputs);
    const got = compiled(rootsOf(ROWS, cap), { relaxed: false }, 7)(inputs, R);
    Object.keys(outputs).forEach((name, i) => {
      const largest = Math.max(...Array.from(expected[i] ?? [], Math.abs));
      const off = Array.from(expected[i] ?? [], (y, n) => Math.abs(y - (got[name]?.[n] ?? Number.NaN)) / largest);
      expect(Math.max(...off), name).toBeLessThan(2e-5);
    });
  });

  test("never holds the logits whole", () => {
    const { kernels } = compile(rootsOf(ROWS, cap), 8, SIMD128);
    const written = new Set(kernels.flatMap((kernel) => [...writesOf(kernel)]));
    const widths = [...written].flatMap(({ shape: [rows, width] }) =>
      isDynamic(rows) && width !== undefined ? [known(width)] : [],
    );
    expect(Math.max(...widths)).toBe(4096);
  });
});
