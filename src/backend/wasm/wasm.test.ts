import { describe, expect, test } from "vitest";
import { compile } from "../../compile/compile.ts";
import { grad } from "../../graph/grad.ts";
import { GraphNode } from "../../graph/graph-node.ts";
import type { Op, OpInputs } from "../../tensor/ops.ts";
import { type Compiled, compiled, targets } from "../../testing/compiled.ts";
import { type Case, describeOps } from "../../testing/op-cases.ts";
import { ROWS } from "../../util/dim.ts";
import { HalfUpdatedError } from "../backend.ts";
import type { Target } from "./asm/instructions.ts";
import { updatingAt } from "./memory.ts";
import { wasm } from "./wasm.ts";

/** Compiles each operation for each list of shapes once, and runs it on the numbers of a case. */
class CompiledOps {
  readonly #target: Target;
  readonly #programs = new Map<string, Compiled>();

  constructor(target: Target) {
    this.#target = target;
  }

  forward<K extends Op>(op: K, example: Case<K>): number[] {
    const trace = (leaves: readonly GraphNode[]) => ({ y: applied(op, leaves, example) });
    return this.#run(`${op} forward`, example, trace).y ?? [];
  }

  backward<K extends Op>(op: K, example: Case<K>, weights: readonly number[]): number[][] {
    const trace = (leaves: readonly GraphNode[]): Record<string, GraphNode> => {
      const w = GraphNode.input("w", [weights.length]);
      const loss = applied(op, leaves, example).reshape(-1).mul(w).sum(0);
      return Object.fromEntries(grad(loss, leaves).map((gradient, i) => [`dx${i}`, gradient]));
    };
    return Object.values(this.#run(`${op} backward`, example, trace, weights));
  }

  #run<K extends Op>(
    what: string,
    { inputs, attrs }: Case<K>,
    trace: (leaves: readonly GraphNode[]) => Record<string, GraphNode>,
    w: readonly number[] = [],
  ): Record<string, number[]> {
    const key = JSON.stringify([what, inputs.map(({ shape }) => shape), attrs]);
    let program = this.#programs.get(key);
    if (program === undefined) {
      const leaves = inputs.map(({ shape }, i) => GraphNode.input(`x${i}`, shape));
      program = compiled({ outputs: trace(leaves), updates: {} }, this.#target);
      this.#programs.set(key, program);
    }
    return program({ ...Object.fromEntries(inputs.map(({ data }, i) => [`x${i}`, data])), w });
  }
}

function applied<K extends Op>(op: K, leaves: readonly GraphNode[], { attrs }: Case<K>): GraphNode {
  return GraphNode.constant([], [0]).apply(op, leaves as unknown as OpInputs<GraphNode, K>, attrs);
}

describe.each(targets)("each operation, compiled, relaxed: $relaxed", (target) => {
  const ops = new CompiledOps(target);
  describeOps({
    // float32: sums of some 30 terms, each with its rounding of 6e-8, and exp and log within about one unit.
    tolerance: 5e-6,
    numRuns: 25,
    forward: (op, example) => ops.forward(op, example),
    backward: (op, example, weights) => ops.backward(op, example, weights),
  });
});

describe.each([1, 2, 3])("programs beside each other, on %d threads", (threads) => {
  test("share their inputs, and each runs when it is asked to", async () => {
    const [total, x] = [GraphNode.input("total", [5]), GraphNode.input("x", [ROWS, 5])];
    const add = compile({ outputs: {}, updates: { total: total.add(x.sum(0).reshape(5)) } }, 9);
    const halve = compile({ outputs: { before: total.mul(1) }, updates: { total: total.mul(0.5) } }, 9, add);
    const largest = compile({ outputs: { largest: total.max(0) }, updates: {} }, 9, halve);
    const device = await wasm().open([add, halve, largest], { threads });
    device.write(add, "x", new Array(45).fill(1));
    for (let i = 0; i < 50; i++) {
      device.write(add, "total", [1, 2, 3, 4, 5]);
      device.run(add, 9);
      device.run(add, i % 9);
      device.run(largest, 1);
      device.run(halve, 1);
      const before = [1, 2, 3, 4, 5].map((n) => n + 9 + (i % 9));
      expect([...(await device.read(halve, "before"))].slice(0, 5)).toEqual(before);
      expect([...device.view(add, "total").subarray(0, 5)]).toEqual(before.map((n) => n / 2));
      expect(device.view(largest, "largest")[0]).toBe(14 + (i % 9));
    }
    device.dispose();
  });
});

test("what a failed run left half updated is refused, and nothing else", async () => {
  const [total, x] = [GraphNode.input("total", [5]), GraphNode.input("x", [5])];
  const add = compile({ outputs: { sum: x.sum(0) }, updates: { total: total.add(x) } }, 1);
  const halve = compile({ outputs: { half: total.mul(0.5) }, updates: {} }, 1, add);
  const square = compile({ outputs: { square: x.mul(x) }, updates: {} }, 1, halve);
  const device = wasm().openNow([add, halve, square]);
  device.write(add, "x", [1, 2, 3, 4, 5]);
  new Int32Array(device.view(add, "x").buffer)[updatingAt(0) / 4] = 1; // what a run writes before its first update
  expect(() => device.run(add, 1)).toThrow(HalfUpdatedError);
  expect(() => device.run(halve, 1)).toThrow(HalfUpdatedError);
  await expect(device.read(halve, "total")).rejects.toThrow(HalfUpdatedError);
  expect(() => device.view(add, "total")).toThrow(HalfUpdatedError);
  device.write(square, "x", [1, 2, 3, 4, 5]);
  device.run(square, 1);
  expect([...(await device.read(square, "square"))].slice(0, 5)).toEqual([1, 4, 9, 16, 25]);
  expect([...(await device.read(add, "x"))].slice(0, 5)).toEqual([1, 2, 3, 4, 5]);
});
