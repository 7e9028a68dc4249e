import { expect, test } from "vitest";
import { addressWithout, type Brought, broughtBy, linkTo } from "./arrival-address.ts";

test.each<[address: string, brought: Brought | undefined, left: string]>([
  ["http://h/lab/", undefined, "/lab/"],
  ["http://h/lab/?a=1#take", undefined, "/lab/?a=1#take"],
  ["http://h/lab/#share=AQ-_", { kind: "link", fragment: "AQ-_" }, "/lab/"],
  ["http://h/lab/#share=", { kind: "link", fragment: "" }, "/lab/"],
  ["http://h/#shared", undefined, "/#shared"],
  ["http://h/?model=my%20own.safetensors", { kind: "model", name: "my own.safetensors" }, "/"],
  ["http://h/?model=", { kind: "model", name: "model.safetensors" }, "/"],
  ["http://h/?a=1&model=x#play", { kind: "model", name: "x" }, "/?a=1#play"],
  ["http://h/?model=x#share=AQ", { kind: "link", fragment: "AQ" }, "/"],
])("%s", (address, brought, left) => {
  const url = new URL(address);
  expect(broughtBy(url)).toEqual(brought);
  expect(addressWithout(url)).toBe(left);
});

test("a link leads to the page it was made on, without its query", () => {
  const link = new URL(linkTo(new URL("https://h:8/a/b/?model=x#take"), "AQ-_"));
  expect(link.href).toBe("https://h:8/a/b/#share=AQ-_");
  expect(broughtBy(link)).toEqual({ kind: "link", fragment: "AQ-_" });
});
