import fc from "fast-check";
import { MicrogptError } from "microgpt";
import { describe, expect, test } from "vitest";
import { evaluateExpression, freeNames } from "./expression.ts";
import { flatten } from "./graph.ts";
import { parse } from "./syntax.ts";

const given = { a: 2, b: -3, c: 10, x: 0.5 };

function result(text: string): number {
  return evaluateExpression(text, given).root.data;
}

describe("an expression has the same value as in Python", () => {
  test.each<[text: string, data: number]>([
    ["a + b * c", -28],
    ["(a + b) * c", -10],
    ["a - b - c", -5],
    ["c / a / a", 2.5],
    ["a - (b - c)", 15],
    ["2 ** 3 ** 2", 512],
    ["(2 ** 3) ** 2", 64],
    ["a ** 3 ** 2", 512],
    ["-a ** 2", -4],
    ["(-a) ** 2", 4],
    ["a ** -1", 0.5],
    ["a ** -2 ** 2", 2 ** -4],
    ["2 * -a", -4],
    ["a - -b", -1],
    ["--a", 2],
    ["-+-a", 2],
    ["-a * b", 6],
    ["1 - a", -1],
    ["1 / a", 0.5],
    ["3 * a", 6],
    ["3 + a", 5],
    ["6 / a * 3", 9],
    ["a * .5 + 1. + 1e1 + 2.5E-1", 12.25],
    ["2 + 3 * 4", 14],
    ["-(2 + 3)", -5],
    ["(a * b + c).relu()", 4],
    ["relu(a * b)", 0],
    ["-a.relu()", -2],
    ["a.pow(3)", 8],
    ["pow(a, 1 / 2) ** 2", Math.SQRT2 ** 2],
    ["a ** (2).relu()", 4],
    ["log(exp(a))", 2],
    ["exp(-x) / (1 + exp(-x))", Math.exp(-0.5) / (1 + Math.exp(-0.5))],
    ["a.add(b).sub(c).mul(2).div(4).neg()", 5.5],
    ["exp(0) + log(1) + relu(-1) + neg(1)", 0],
    ["d = a * b; d + c", 4],
    ["d = a * b\nd + c\n", 4],
    [";\n; d = a;; d = d * d ; d * d", 16],
    ["a = 7; a", 7],
    ["a = a * 10; a", 20],
    ["e = 5", 5],
    ["\ta +\r b ", -1],
  ])("%j is %d", (text, data) => {
    expect(result(text)).toBeCloseTo(data, 12);
  });

  test("and equals JavaScript's arithmetic for any expression", () => {
    fc.assert(
      fc.property(expressions(), (text) => {
        const plain = Function(...Object.keys(given), "exp", "log", "relu", `return ${text}`);
        const wanted: unknown = plain(...Object.values(given), Math.exp, Math.log, (x: number) => Math.max(0, x));
        const { graph } = flatten(evaluateExpression(text, given).root);
        const found = graph.data.at(-1) ?? Number.NaN;
        if (typeof wanted !== "number" || !Number.isFinite(wanted)) return;
        // x / y is x · y ** -1 here, with one more rounding, which large intermediate numbers may make visible.
        const largest = graph.data.reduce((most, data) => Math.max(most, Math.abs(data)), 1);
        expect(Math.abs(found - wanted)).toBeLessThanOrEqual(1e-12 * largest ** 2);
      }),
      { numRuns: 300 },
    );
  });
});

describe("the graph", () => {
  test("has one named leaf for each variable, however often it is used", () => {
    const { root, variables } = evaluateExpression("d = a * b; d + a", given);
    root.backward();
    expect([...variables.keys()]).toEqual(["a", "b"]);
    expect([...variables.values()].map(({ label, grad }) => [label, grad])).toEqual([
      ["a", -2],
      ["b", 2],
    ]);
    expect([root.op, root.a?.op, root.a?.label]).toEqual(["add", "mul", "d"]);
  });

  test("has no nodes for plain numbers, except named ones or a lone number", () => {
    expect(evaluateExpression("a * (2 + 3)", given).root).toMatchObject({ op: "mul", b: 5 });
    const { root, variables } = evaluateExpression("w = 2 * 3; w * w");
    expect([root.data, [...variables].map(([name, { op, data }]) => [name, op, data])]).toEqual([
      36,
      [["w", "leaf", 6]],
    ]);
    expect(evaluateExpression("2 + 3").root).toMatchObject({ op: "leaf", data: 5 });
  });

  test("a second name does not replace the first", () => {
    expect([...evaluateExpression("d = a; d * d", given).variables.values()].map(({ label }) => label)).toEqual(["a"]);
  });

  test("division by 0, or the log of a number that has none, gives Infinity or NaN, not an error", () => {
    expect([result("a / 0"), result("log(b)"), result("a / (a - a)")]).toEqual([Infinity, Number.NaN, Infinity]);
  });
});

describe("the free names", () => {
  test.each<[text: string, names: string[]]>([
    ["(a*b + c).relu()", ["a", "b", "c"]],
    ["y * x + exp(y)", ["y", "x"]],
    ["d = a * b; d + e", ["a", "b", "e"]],
    ["a = a + 1; a", ["a"]],
    ["2 ** 3", []],
    ["größe_1 * Δ", ["größe_1", "Δ"]],
  ])("of %j", (text, names) => {
    expect(freeNames(text)).toEqual(names);
  });
});

describe("a mistake gives a one-line error with its position", () => {
  test.each<[text: string, message: string]>([
    ["(a + b", "expression: expected `)`, got the end at column 7; finish the formula"],
    ["(a + b;", "expression: expected `)`, got `;` at column 7; fix it there"],
    ["(a +\nb)", "expression: expected a number, a name or `(`, got line end at column 5; fix it there"],
    ["a b", "expression: expected an operator or the end, got `b` at column 3; fix it there"],
    ["a)", "expression: expected an operator or the end, got `)` at column 2; fix it there"],
    ["", "expression: expected a number, a name or `(`, got the end at column 1; finish the formula"],
    [" ; \n", "expression: expected a number, a name or `(`, got the end at line 2, column 1; finish the formula"],
    ["a\n* b", "expression: expected a number, a name or `(`, got `*` at line 2, column 1; fix it there"],
    ["a +", "expression: expected a number, a name or `(`, got the end at column 4; finish the formula"],
    ["a ^ 2", "expression: expected numbers, names and + - * / ** ( ), got `^` at column 3; write ** for a power"],
    ["a $ b", "expression: expected numbers, names and + - * / ** ( ), got `$` at column 3; leave it out"],
    [
      "2 = a",
      "expression: expected an operator or the end, got `=` at column 3; only a single name can be given a value, as in d = a * b",
    ],
    ["a * q", "expression: expected one of the names a, b, c, x, got `q` at column 5; give it a value: q = 1"],
    [
      "d = a; d * q",
      "expression: expected one of the names a, b, c, x, d, got `q` at column 12; give it a value: q = 1",
    ],
    [
      "a ** b",
      "expression: expected a plain number as the exponent, got a variable at column 3; write exp(b * log(a)) for a to the power b",
    ],
    [
      "a.pow(b)",
      "expression: expected a plain number as the exponent, got a variable at column 3; write exp(b * log(a)) for a to the power b",
    ],
    [
      "tanh(a)",
      "expression: expected one of the operations exp, log, relu, neg, pow, add, sub, mul, div, got `tanh` at column 1; use one of them",
    ],
    [
      "a.constructor()",
      "expression: expected one of the operations exp, log, relu, neg, pow, add, sub, mul, div, got `constructor` at column 3; use one of them",
    ],
    ["exp()", "expression: expected one input of exp, got 0 at column 1; write exp(x) or x.exp()"],
    ["a.exp(b)", "expression: expected one input of exp, got 2 at column 3; write exp(x) or x.exp()"],
    ["pow(a)", "expression: expected two inputs of pow, got 1 at column 1; write pow(x, 3) or x.pow(3)"],
    ["a.relu", "expression: expected `(`, got the end at column 7; finish the formula"],
    ["a.2", "expression: expected an operator or the end, got `.2` at column 2; fix it there"],
  ])("%j", (text, message) => {
    expect(() => evaluateExpression(text, given)).toThrow(message);
    expect(() => evaluateExpression(text, given)).toThrow(MicrogptError);
  });

  test("suggests no name if there are none", () => {
    expect(() => evaluateExpression("constructor")).toThrow(
      "expression: expected numbers, since no name has a value, got `constructor` at column 1; give it a value: constructor = 1",
    );
  });

  test.each([
    ["brackets", "(".repeat(900) + ")".repeat(900)],
    ["signs", `${"-".repeat(900)}a`],
    ["powers", `${"2**".repeat(600)}2`],
    ["calls", `${"exp(".repeat(300)}a${")".repeat(300)}`],
  ])("too deep nesting of %s is refused before the stack overflows", (_, text) => {
    expect(() => evaluateExpression(text, given)).toThrow(
      "expression: expected at most 100 brackets, signs and powers",
    );
  });

  test("so is too long a text, but not the longest allowed sum", () => {
    expect(() => parse("a".repeat(2001))).toThrow("expression: expected at most 2000 characters, got 2001; shorten it");
    expect(result(`${"a+".repeat(999)}a`)).toBe(2000);
  });

  test("no input throws anything else", () => {
    const pieces = fc.constantFrom(
      ..."abx()+-*/.,;=\n 019",
      "**",
      "exp",
      ".relu()",
      "pow",
      "1e",
      "é",
      "__proto__",
      "^",
      "𝑥",
    );
    const typed = fc.oneof(
      fc.array(pieces, { maxLength: 30 }).map((list) => list.join("")),
      fc.string({ unit: "binary" }),
    );
    fc.assert(
      fc.property(typed, (text) => {
        try {
          freeNames(text);
          const { root } = evaluateExpression(text, given);
          expect(typeof root.data).toBe("number");
        } catch (error) {
          if (!(error instanceof MicrogptError)) throw error;
          expect(error.message).toMatch(/^expression: expected .*, got .*; .*$/);
        }
      }),
      { numRuns: 3000 },
    );
  });
});

/** Expressions that JavaScript also accepts: it requires brackets around the operand of `**`. */
function expressions(): fc.Arbitrary<string> {
  const { tree } = fc.letrec<{ tree: string }>((tie) => ({
    tree: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.constantFrom("a", "b", "c", "x", "2", "0.5", "1e-3"),
      fc.tuple(tie("tree"), fc.constantFrom("+", "-", "*", "/"), tie("tree")).map(([x, op, y]) => `${x} ${op} ${y}`),
      fc.tuple(tie("tree"), fc.constantFrom("+", "-", "*", "/"), tie("tree")).map(([x, op, y]) => `(${x}${op} ${y})`),
      fc.tuple(tie("tree"), fc.constantFrom("2", "-1", "3", "2**2", "-2")).map(([x, n]) => `(${x})**${n}`),
      fc.tuple(fc.constantFrom("exp", "log", "relu", "-"), tie("tree")).map(([f, x]) => `${f}(${x})`),
    ),
  }));
  return tree;
}
