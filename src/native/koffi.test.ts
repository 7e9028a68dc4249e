import { expect, test } from "vitest";
import { openKoffi } from "./koffi.ts";

test("a missing koffi is an error that says how to install it", () => {
  const missing = (): never => {
    throw Object.assign(new Error("Cannot find module 'koffi'\nRequire stack: ..."), { code: "MODULE_NOT_FOUND" });
  };
  expect(() => openKoffi(missing)).toThrow(
    "machine code: expected the package koffi, to load it, got none; run npm install koffi",
  );
});

test.each<[string, () => unknown]>([
  [
    "version `GLIBC_2.34' not found",
    () => {
      throw new Error("version `GLIBC_2.34' not found");
    },
  ],
  ["another package of that name", () => ({})],
])("a koffi that does not load says why: %s", (why, require) => {
  expect(() => openKoffi(require)).toThrow(`got ${why}; run npm install koffi`);
});
