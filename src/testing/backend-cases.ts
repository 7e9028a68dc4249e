/**
 * For tests: what every backend must do. It is opened for the case table of operations, forward and backward, and for the
 * promises of the door. A new backend needs a file with one call of `describeBackend`.
 */

import { describe, expect, test } from "vitest";
import type { Backend } from "../backend/backend.ts";
import { compile } from "../compile/compile.ts";
import { GraphNode } from "../graph/graph-node.ts";
import { ROWS } from "../util/dim.ts";
import { openedOn } from "./compiled.ts";
import { describeOps } from "./op-cases.ts";
import { opsByGraph } from "./ops-by-graph.ts";

export interface BackendOptions {
  /** Random cases of each operation. */
  readonly numRuns: number;
  /** Numbers of threads to open it with. Default: one. */
  readonly threads?: readonly number[];
}

export function describeBackend(backend: Backend, { numRuns, threads = [1] }: BackendOptions): void {
  describe(`each operation, on ${backend.name}`, () => {
    describeOps({
      ...opsByGraph((roots) => openedOn(backend, roots)),
      // float32: sums of some 30 terms, each with its rounding of 6e-8, and exp and log within about one unit.
      tolerance: 5e-6,
      numRuns,
    });
  });
  describe.each(threads)(`the door of ${backend.name}, on %d threads`, (count) => describeDoor(backend, count));
}

function describeDoor(backend: Backend, threads: number): void {
  const five = (numbers: Float32Array): number[] => [...numbers.subarray(0, 5)];

  test("programs beside each other share inputs and take effect in the order of the calls", async () => {
    const { target } = backend;
    const [total, x] = [GraphNode.input("total", [5]), GraphNode.input("x", [ROWS, 5])];
    const add = compile({ outputs: {}, updates: { total: total.add(x.sum(0).reshape(5)) } }, 9, target);
    const halve = compile({ outputs: { before: total.mul(1) }, updates: { total: total.mul(0.5) } }, 9, target, add);
    const largest = compile({ outputs: { largest: total.max(0) }, updates: {} }, 9, target, halve);
    const device = await backend.open([add, halve, largest], { threads });
    const ones = new Float32Array(45).fill(1);
    device.write(add, "x", ones);
    ones.fill(7); // what was written was copied
    for (let i = 0; i < 50; i++) {
      device.write(add, "total", [1, 2, 3, 4, 5]);
      device.run(add, 9);
      device.run(add, i % 9);
      device.run(largest, 1);
      device.run(halve, 1);
      const before = [1, 2, 3, 4, 5].map((n) => n + 9 + (i % 9));
      const reads = [device.read(halve, "before"), device.read(add, "total"), device.read(largest, "largest")];
      device.write(add, "total", [0, 0, 0, 0, 0]); // after the reads
      const [one, two, three] = await Promise.all(reads);
      expect([one, two].map((numbers) => numbers && five(numbers))).toEqual([before, before.map((n) => n / 2)]);
      expect(three?.[0]).toBe(14 + (i % 9));
    }
    // Many runs on each number of threads.
    expect(device.pace?.(add)?.most).toBe(threads > 1 ? threads : undefined);
    device.dispose();
  });

  test("a run whose guard is not finite ends before its first update", async () => {
    const [total, x] = [GraphNode.input("total", [5]), GraphNode.input("x", [5])];
    const loss = x.log().sum(0);
    const program = compile(
      { outputs: { loss }, updates: { total: total.add(x) }, guards: ["loss"] },
      1,
      backend.target,
    );
    const device = await backend.open([program], { threads });
    device.write(program, "total", [1, 1, 1, 1, 1]);
    for (const [first, after] of [
      [2, 3],
      [0, 3],
      [-1, 3],
      [1, 4],
    ] as const) {
      device.write(program, "x", [first, 1, 1, 1, 1]);
      device.run(program, 1);
      expect((await device.read(program, "total"))[0]).toBe(after);
    }
    device.dispose();
  });
}
