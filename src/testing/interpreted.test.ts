import { expect, test } from "vitest";
import { HalfUpdatedError } from "../backend/backend.ts";
import { compile } from "../compile/compile.ts";
import { runKernel } from "../compile/run-kernel.ts";
import { GraphNode } from "../graph/graph-node.ts";
import { describeBackend } from "./backend-cases.ts";
import { InterpretedDevice, interpreted } from "./interpreted.ts";

describeBackend(interpreted, { numRuns: 3 });

test("a run that fails midway through its updates rejects the next read, and what it updates is refused", async () => {
  const [count, sum, x] = [GraphNode.input("count", [1]), GraphNode.input("sum", [5]), GraphNode.input("x", [5])];
  const program = compile({ outputs: {}, updates: { count: count.add(1), sum: sum.add(x) } }, 1, interpreted.target);
  let kernels = 0;
  const device = new InterpretedDevice([program], (...kernel) => {
    if (++kernels === 4) throw new Error("a thread failed");
    runKernel(...kernel);
  });
  device.run(program, 1);
  expect((await device.read(program, "count"))[0]).toBe(1);
  expect(kernels).toBe(2); // both are updates, so the second run fails between them
  device.run(program, 1);
  await expect(device.read(program, "x")).rejects.toThrow("a thread failed");
  await expect(device.read(program, "count")).rejects.toThrow(HalfUpdatedError);
  device.run(program, 1);
  await expect(device.read(program, "x")).rejects.toThrow(HalfUpdatedError);
  expect([...(await device.read(program, "x"))]).toEqual([0, 0, 0, 0, 0]);
  expect(device.reads).toBe(5);
});
