import { expect, test } from "vitest";
import { axesText, partName, pathCount, shapeText, tableOf } from "./names.ts";

const PIECES = ["a", "b", ""];
const TOKENS = [2, 0, 1, 2];

test.each([
  ["wte", [3, 4], 3, 4, ["a", "b", "BOS"], []],
  ["wpe", [8, 4], 8, 4, [], []],
  ["layer0.attn_wq", [4, 4], 4, 4, [], []],
  ["layer0.q", [3, 2, 2], 3, 4, ["BOS", "a", "b"], ["0.0", "0.1", "1.0", "1.1"]],
  ["layer0.mlp", [3, 4], 3, 4, ["BOS", "a", "b"], []],
  ["logits", [3, 3], 3, 3, ["BOS", "a", "b"], ["a", "b", "BOS"]],
  ["losses", [3], 1, 3, ["losses"], ["BOS→a", "a→b", "b→BOS"]],
  ["loss", [], 1, 1, [], []],
])("%s as a table", (name, shape, rows, columns, rowLabels, columnLabels) => {
  expect(tableOf(name, shape, TOKENS, PIECES)).toEqual({ rows, columns, rowLabels, columnLabels });
});

test.each([
  ["group", "layer11", "layer 11"],
  ["group", "layer0.mlp_block", "MLP"],
  ["group", "output", "logits"],
  ["group", "embedding", "embedding"],
] as const)("the %s %s is called %s", (kind, name, expected) => {
  expect(partName({ kind, name, parts: [] })).toBe(expected);
});

test("a tensor is named without its layer", () => {
  expect(partName({ kind: "tensor", name: "layer3.attn_wq", box: 0 })).toBe("attn_wq");
});

test("shapes, axes, and numbers of paths", () => {
  expect([shapeText([5, 4, 4]), shapeText([])]).toEqual(["5 × 4 × 4", "one number"]);
  expect([axesText("layer0.q", [5, 4, 4]), axesText("loss", [])]).toEqual([
    "tokens × heads × channels of a head",
    undefined,
  ]);
  expect([1, 12345, 4.2e9, Number.POSITIVE_INFINITY].map(pathCount)).toEqual(["1", "12,345", "≈ 4.2e+9", "> 1e308"]);
});
