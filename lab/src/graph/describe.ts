/**
 * Describes a node in words: its operation as a symbol, as a formula of its operands, and the rule for each of its
 * local gradients. Formulas are Python's, except for × and the notation d y/d x; operands without a label are called a
 * and b.
 */

import type { Operation } from "microgpt/value";
import type { Side } from "./chain.ts";
import { checkNode, operationOf, type ValueGraph } from "./graph.ts";

export interface LocalRule {
  readonly side: Side;
  /** `d(a × b)/da = b` */
  readonly text: string;
  /** Its value here. */
  readonly value: number;
}

/** The text in a node's circle: `+`, `× 0.25`, `** -0.5`, `relu`, a leaf's label or nothing. Errors: no such node. */
export function symbolOf(graph: ValueGraph, node: number): string {
  const op = operationOf(graph, checkNode("symbol", graph, node));
  if (op === "leaf") return graph.labels.get(node) ?? "";
  const number = graph.numbers[node] ?? Number.NaN;
  const symbol = forms[op].symbol;
  return Number.isNaN(number) ? symbol : `${symbol} ${short(number)}`;
}

/** The formula of a node: `w × x`, `a ** -0.5`, `log(a)`; a leaf is its label or its number. Errors: no such node. */
export function formulaOf(graph: ValueGraph, node: number): string {
  const op = operationOf(graph, checkNode("formula", graph, node));
  if (op === "leaf") return graph.labels.get(node) ?? short(graph.data[node] ?? Number.NaN);
  return forms[op].formula(namesOf(graph, node));
}

/** The rule for each operand that is a node; none for a leaf. Errors: no such node. */
export function localRulesOf(graph: ValueGraph, node: number): LocalRule[] {
  const op = operationOf(graph, checkNode("rule", graph, node));
  if (op === "leaf") return [];
  const { isCall, formula, slope } = forms[op];
  const names = namesOf(graph, node);
  const top = isCall ? ` ${formula(names)}` : `(${formula(names)})`;
  const rule = (side: Side): LocalRule => {
    const value = (side === "a" ? graph.da : graph.db)[node] ?? Number.NaN;
    return { side, text: `d${top}/d${names[side]} = ${slope(names, side) ?? short(value)}`, value };
  };
  return (graph.b[node] ?? -1) < 0 ? [rule("a")] : [rule("a"), rule("b")];
}

/** A number for display: 4 significant digits, `1.5e-7` for small ones. */
export function short(x: number): string {
  return `${Number(x.toPrecision(4))}`;
}

/** The names of the operands; `number` is the second one if it is a plain number. */
interface Names {
  readonly a: string;
  readonly b: string;
  readonly number: number;
}

interface Form {
  readonly symbol: string;
  /** True if the formula is a function call, which needs no brackets around it. */
  readonly isCall: boolean;
  readonly formula: (names: Names) => string;
  /** The local gradient as a formula; undefined if it is just a number. */
  readonly slope: (names: Names, side: Side) => string | undefined;
}

const forms: { readonly [K in Exclude<Operation, "leaf">]: Form } = {
  add: { symbol: "+", isCall: false, formula: ({ a, b }) => `${a} + ${b}`, slope: () => "1" },
  mul: {
    symbol: "×",
    isCall: false,
    formula: ({ a, b }) => `${a} × ${b}`,
    slope: ({ a, b }, side) => (side === "a" ? b : a),
  },
  pow: {
    symbol: "**",
    isCall: false,
    formula: ({ a, b }) => `${a} ** ${b}`,
    slope: ({ a, b, number }) => (number === 0 ? "0" : `${b} × ${a} ** ${short(number - 1)}`),
  },
  log: { symbol: "log", isCall: true, formula: ({ a }) => `log(${a})`, slope: ({ a }) => `1 / ${a}` },
  exp: { symbol: "exp", isCall: true, formula: ({ a }) => `exp(${a})`, slope: ({ a }) => `exp(${a})` },
  relu: { symbol: "relu", isCall: true, formula: ({ a }) => `relu(${a})`, slope: ({ a }) => `1 if ${a} > 0 else 0` },
  sigmoid: {
    symbol: "σ",
    isCall: true,
    formula: ({ a }) => `sigmoid(${a})`,
    slope: ({ a }) => `sigmoid(${a}) × (1 - sigmoid(${a}))`,
  },
  erf: { symbol: "erf", isCall: true, formula: ({ a }) => `erf(${a})`, slope: ({ a }) => `2/√π × exp(-${a}²)` },
  // Used only for equal operands: each gets its share of 1, a number.
  max: { symbol: "max", isCall: true, formula: ({ a, b }) => `max(${a}, ${b})`, slope: () => undefined },
};

function namesOf({ a, b, numbers, labels }: ValueGraph, node: number): Names {
  const number = numbers[node] ?? Number.NaN;
  const name = (operand: number, otherwise: string): string => labels.get(operand) ?? otherwise;
  return { a: name(a[node] ?? -1, "a"), b: Number.isNaN(number) ? name(b[node] ?? -1, "b") : short(number), number };
}
