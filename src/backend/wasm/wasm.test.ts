import { expect, test } from "vitest";
import { compile } from "../../compile/compile.ts";
import { GraphNode } from "../../graph/graph-node.ts";
import { describeBackend } from "../../testing/backend-cases.ts";
import { HalfUpdatedError } from "../backend.ts";
import { relaxedSimd } from "./features.ts";
import { updatingAt } from "./memory.ts";
import { SIMD128 } from "./target.ts";
import { wasm } from "./wasm.ts";

for (const strict of [true, ...(relaxedSimd() ? [false] : [])]) {
  describeBackend(wasm({ strict }), { numRuns: 25, threads: [1, 2, 3] });
}

test("inputs that a failed run left half updated are refused, and nothing else", async () => {
  const [total, x] = [GraphNode.input("total", [5]), GraphNode.input("x", [5])];
  const add = compile({ outputs: { sum: x.sum(0) }, updates: { total: total.add(x) } }, 1, SIMD128);
  const halve = compile({ outputs: { half: total.mul(0.5) }, updates: {} }, 1, SIMD128, add);
  const square = compile({ outputs: { square: x.mul(x) }, updates: {} }, 1, SIMD128, halve);
  const device = wasm().openNow([add, halve, square]);
  device.write(add, "x", [1, 2, 3, 4, 5]);
  new Int32Array(device.view(add, "x").buffer)[updatingAt(0) / 4] = 1; // written by a run before its first update
  expect(() => device.run(add, 1)).toThrow(HalfUpdatedError);
  expect(() => device.run(halve, 1)).toThrow(HalfUpdatedError);
  await expect(device.read(halve, "total")).rejects.toThrow(HalfUpdatedError);
  expect(() => device.view(add, "total")).toThrow(HalfUpdatedError);
  device.write(square, "x", [1, 2, 3, 4, 5]);
  device.run(square, 1);
  expect([...(await device.read(square, "square"))].slice(0, 5)).toEqual([1, 4, 9, 16, 25]);
  expect([...(await device.read(add, "x"))].slice(0, 5)).toEqual([1, 2, 3, 4, 5]);
});
