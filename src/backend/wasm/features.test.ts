import { availableParallelism } from "node:os";
import { expect, test } from "vitest";
import { hardwareThreads, relaxedSimd, sharedMemory } from "./features.ts";

test("Node has multiply-add, shared memory and threads", () => {
  expect(relaxedSimd()).toBe(true);
  expect(relaxedSimd()).toBe(true);
  expect(sharedMemory()).toBe(true);
  expect(hardwareThreads()).toBe(availableParallelism());
});
