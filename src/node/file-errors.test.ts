import { open } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { codeOf, fileError } from "./file-errors.ts";

const systemError = (code: string): Error => Object.assign(new Error(`${code}: as the system says it`), { code });

describe("fileError says what a system's code means, and what to do", () => {
  test.each<[code: string, message: string]>([
    ["ENOENT", "save x: expected a place, got no such file or folder; check the path"],
    ["EACCES", "save x: expected a place, got no permission; choose another place or change its permissions"],
    ["ENOSPC", "save x: expected a place, got a full disk; free some space and run it again"],
    ["EROFS", "save x: expected a place, got a read-only file system; choose another place"],
    ["EWEIRD", "save x: expected a place, got EWEIRD; check the path and the disk"],
  ])("%s", (code, message) => {
    const error = systemError(code);
    expect(fileError("save x", "a place", error)).toMatchObject({ name: "MicrogptError", message, cause: error });
  });

  test("and leaves alone what is not the system's", () => {
    for (const error of [new Error("internal: ours"), "text", undefined]) {
      expect(fileError("save x", "a place", error)).toBe(error);
    }
  });
});

test("codeOf finds the code in what the system throws", async () => {
  const error: unknown = await open("/no/such/folder").catch((thrown: unknown) => thrown);
  expect(codeOf(error)).toBe("ENOENT");
  expect(codeOf(new Error("none"))).toBeUndefined();
  expect(codeOf({ code: "ENOENT" })).toBeUndefined();
});
