import { expect, test } from "vitest";
import { checkModelSize, readModel } from "./model-bytes.ts";

test("512 MiB are read, one byte more is refused before reading", () => {
  expect(() => checkModelSize(2 ** 29, "m")).not.toThrow();
  expect(() => checkModelSize(2 ** 29 + 1, "m")).toThrow("checkpoint m: expected at most 512 MiB, got 513 MiB");
});

test("a missing file and an invalid one give different errors", async () => {
  expect(await readModel(new Blob([Uint8Array.of(1, 2)]), "m")).toEqual(Uint8Array.of(1, 2));
  const gone = Object.assign(new Blob(), { arrayBuffer: () => Promise.reject(new Error("NotReadableError")) });
  await expect(readModel(gone, "m")).rejects.toThrow("checkpoint m: expected to read the file, got it was moved");
});
