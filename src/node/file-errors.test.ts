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

  // The kind: whatever path a user gives, a file's or a folder's, of text, a model or a tokenizer.
  test("row 34: an address on the web is answered with the way to get it", async () => {
    for (const url of ["https://example.org/data/input.txt", "http://example.org/a", "HTTPS://example.org/b?c=d"]) {
      const error: unknown = await open(url).catch((thrown: unknown) => thrown);
      const message = `data x: expected a file, got an address on the web; download it first: curl -LO ${url}`;
      expect(fileError("data x", "a file", error)).toMatchObject({ message });
    }
  });

  test("a path that is nearly that of a file is answered with that", async () => {
    const error: unknown = await open("data/ssa-name-2018.txt").catch((thrown: unknown) => thrown);
    const fix = 'perhaps "data/ssa-names-2018.txt" is meant';
    expect(fileError("data", "a file", error)).toMatchObject({ complaint: { fix } });
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
