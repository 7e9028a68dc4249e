import { expect, test } from "vitest";
import { type Key, shortcutOf } from "./shortcuts.ts";

const plain: Key = {
  key: "s",
  altKey: false,
  ctrlKey: false,
  metaKey: false,
  isComposing: false,
  repeat: false,
  defaultPrevented: false,
};

test.each([
  ["1", { kind: "view", view: "train" }],
  ["3", { kind: "view", view: "step" }],
  ["5", { kind: "view", view: "take" }],
  ["s", { kind: "run" }],
  ["?", { kind: "help" }],
  ["6", undefined],
  ["0", undefined],
  ["S", undefined],
  ["Escape", undefined],
  [" ", undefined],
])("the key %s", (key, expected) => {
  expect(shortcutOf({ ...plain, key })).toEqual(expected);
});

test.each(["altKey", "ctrlKey", "metaKey", "isComposing", "repeat", "defaultPrevented"] as const)(
  "a key with %s is ignored",
  (name) => {
    expect(shortcutOf({ ...plain, [name]: true })).toBeUndefined();
  },
);
