import { open } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { codeOf, fileError } from "./file-errors.ts";

const systemError = (code: string): Error => Object.assign(new Error(`${code}: as the system says it`), { code });

describe("fileError explains a system error code and gives the fix", () => {
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

  // For any path a user gives, of a file or a folder, of text, a model or a tokenizer.
  test("row 34: a URL is answered with the command to download it", async () => {
    for (const url of ["https://example.org/data/input.txt", "http://example.org/a", "HTTPS://example.org/b?c=d"]) {
      const error: unknown = await open(url).catch((thrown: unknown) => thrown);
      const message = `data x: expected a file, got an address on the web; download it first: curl -LO ${url}`;
      expect(fileError("data x", "a file", error)).toMatchObject({ message });
    }
  });

  test("a path close to an existing file's is answered with that name", async () => {
    const error: unknown = await open("data/ssa-name-2018.txt").catch((thrown: unknown) => thrown);
    const fix = 'did you mean "data/ssa-names-2018.txt"?';
    expect(fileError("data", "a file", error)).toMatchObject({ complaint: { fix } });
  });

  test("errors that are not the system's pass unchanged", () => {
    for (const error of [new Error("internal: ours"), "text", undefined]) {
      expect(fileError("save x", "a place", error)).toBe(error);
    }
  });
});

test("codeOf finds the code in a system error", async () => {
  const error: unknown = await open("/no/such/folder").catch((thrown: unknown) => thrown);
  expect(codeOf(error)).toBe("ENOENT");
  expect(codeOf(new Error("none"))).toBeUndefined();
  expect(codeOf({ code: "ENOENT" })).toBeUndefined();
});
