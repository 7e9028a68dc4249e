import { expect, test } from "vitest";
import { express } from "./sandbox.ts";

test.each(["constructor", "toString", "hasOwnProperty", "__proto__", "x"])(
  "row 29: %s is a name like any other, 1 until it gets a number",
  (name) => {
    expect(express(`${name} * 2`, {}).expressed).toMatchObject({ names: [name], value: 2 });
    expect(express(`${name} * 2`, { [name]: 3 }).expressed.value).toBe(6);
  },
);
