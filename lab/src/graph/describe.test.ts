import { Value } from "microgpt/value";
import { describe, expect, test } from "vitest";
import { formulaOf, localRulesOf, short, symbolOf } from "./describe.ts";
import { evaluateExpression } from "./expression.ts";
import { flatten } from "./graph.ts";

describe("a node reads as", () => {
  const named = { w: 2, x: -3 };
  const unnamed = "w * 1 + 0"; // a node without a name
  test.each<[text: string, symbol: string, formula: string, rules: string[]]>([
    ["w + x", "+", "w + x", ["d(w + x)/dw = 1", "d(w + x)/dx = 1"]],
    ["w + 0.5", "+ 0.5", "w + 0.5", ["d(w + 0.5)/dw = 1"]],
    ["w - 2", "+ -2", "w + -2", ["d(w + -2)/dw = 1"]],
    ["w * x", "×", "w × x", ["d(w × x)/dw = x", "d(w × x)/dx = w"]],
    ["w * w", "×", "w × w", ["d(w × w)/dw = w", "d(w × w)/dw = w"]],
    ["w / 3", "× 0.3333", "w × 0.3333", ["d(w × 0.3333)/dw = 0.3333"]],
    ["-w", "× -1", "w × -1", ["d(w × -1)/dw = -1"]],
    ["w ** -0.5", "** -0.5", "w ** -0.5", ["d(w ** -0.5)/dw = -0.5 × w ** -1.5"]],
    ["w ** 0", "** 0", "w ** 0", ["d(w ** 0)/dw = 0"]],
    ["log(w)", "log", "log(w)", ["d log(w)/dw = 1 / w"]],
    ["exp(w)", "exp", "exp(w)", ["d exp(w)/dw = exp(w)"]],
    ["relu(x)", "relu", "relu(x)", ["d relu(x)/dx = 1 if x > 0 else 0"]],
    [`(${unnamed}) * (${unnamed})`, "×", "a × b", ["d(a × b)/da = b", "d(a × b)/db = a"]],
    [`(${unnamed}).exp()`, "exp", "exp(a)", ["d exp(a)/da = exp(a)"]],
    ["w", "w", "w", []],
    ["0.125", "", "0.125", []],
  ])("%s", (text, symbol, formula, rules) => {
    const { graph } = flatten(evaluateExpression(text, named).root);
    const node = graph.size - 1;
    expect([symbolOf(graph, node), formulaOf(graph, node)]).toEqual([symbol, formula]);
    expect(localRulesOf(graph, node).map((rule) => rule.text)).toEqual(rules);
  });

  test("max, with the share of each of its equal operands", () => {
    const [x, y] = [new Value(2, "x"), new Value(2)];
    const { graph } = flatten(new Value(2, undefined, "max", x, y, 2 / 3, 1 / 3));
    expect([symbolOf(graph, 2), formulaOf(graph, 2)]).toEqual(["max", "max(x, b)"]);
    expect(localRulesOf(graph, 2).map(({ text }) => text)).toEqual([
      "d max(x, b)/dx = 0.6667",
      "d max(x, b)/db = 0.3333",
    ]);
  });

  test("the formula of a rule evaluates to its value", () => {
    const at = { w: 1.7, x: 0.3 };
    for (const text of ["w + x", "w * x", "w ** -0.5", "w ** 3", "log(w)", "exp(w)", "w * 0.25"]) {
      const { graph } = flatten(evaluateExpression(text, at).root);
      for (const { text, value } of localRulesOf(graph, graph.size - 1)) {
        const [, formula = ""] = text.split(" = ");
        expect(evaluateExpression(formula.replaceAll("×", "*"), at).root.data).toBeCloseTo(value, 12);
      }
    }
  });

  test("a missing node is refused", () => {
    const { graph } = flatten(new Value(1));
    for (const describeNode of [symbolOf, formulaOf, localRulesOf]) {
      expect(() => describeNode(graph, 1)).toThrow("expected a node from 0 to 0, got 1");
    }
  });
});

test.each<[x: number, text: string]>([
  [0, "0"],
  [1 / 3, "0.3333"],
  [123456, "123500"],
  [1.5e-7, "1.5e-7"],
  [-0.1 - 0.2, "-0.3"],
  [Number.NaN, "NaN"],
  [Number.NEGATIVE_INFINITY, "-Infinity"],
])("the number %d is shown as %s", (x, text) => {
  expect(short(x)).toBe(text);
});
