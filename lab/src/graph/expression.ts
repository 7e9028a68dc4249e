/**
 * Expressions for the sandbox: `(a * b + c).relu()` as a graph of Values. The arithmetic is Python's, as micrograd's
 * users write it; only the operations of Value are ever executed.
 */

import { exp, log, type MicrogptError, pow } from "microgpt";
import { Value } from "microgpt/value";
import { type Binary, parse, type Statement, type Tree } from "./syntax.ts";
import { complaint } from "./tokens.ts";

export interface Expression {
  /** The value of the last statement; `backward` has not run. */
  readonly root: Value;
  /** The labelled leaves: given variables that are used, and numbers named by a statement, `a = 2`. */
  readonly variables: ReadonlyMap<string, Value>;
}

/** The names that a text uses without defining them, in order of first use. Errors: those of `parse`. */
export function freeNames(text: string): string[] {
  const [free, given] = [new Set<string>(), new Set<string>()];
  const visit = (tree: Tree): void => {
    if (tree.kind === "name" && !given.has(tree.name)) free.add(tree.name);
    else if (tree.kind === "negative") visit(tree.of);
    else if (tree.kind === "call") tree.inputs.forEach(visit);
    else if (tree.kind === "binary") [tree.left, tree.right].forEach(visit);
  };
  for (const { name, value } of parse(text)) {
    visit(value);
    if (name !== undefined) given.add(name);
  }
  return [...free];
}

/**
 * Builds the graph of a text: one or more statements, each `expression` or `name = expression`, separated by `;` or
 * line ends. It has + - * / **, brackets, and Value's operations as `relu(x)` or `x.relu()`: exp, log, relu, neg, pow,
 * add, sub, mul, div. Plain numbers are computed at once and make no nodes; an exponent must be one. `given` holds the
 * numbers of the variables. Errors: a one-line MicrogptError with the column, for any other text.
 */
export function evaluateExpression(text: string, given: Readonly<Record<string, number>> = {}): Expression {
  const scope = new Scope(new Map(Object.entries(given)));
  let last: Value | number = 0;
  for (const statement of parse(text)) last = scope.run(statement);
  return { root: typeof last === "number" ? new Value(last) : last, variables: scope.variables };
}

class Scope {
  readonly variables = new Map<string, Value>();
  readonly #given: ReadonlyMap<string, number>;
  readonly #named = new Map<string, Value>();

  constructor(given: ReadonlyMap<string, number>) {
    this.#given = given;
  }

  run({ name, value: tree }: Statement): Value | number {
    const value = this.#evaluate(tree);
    if (name === undefined) return value;
    const node = typeof value === "number" ? new Value(value) : value;
    if (typeof value === "number") this.variables.set(name, node);
    node.label ??= name;
    this.#named.set(name, node);
    return node;
  }

  #evaluate(tree: Tree): Value | number {
    switch (tree.kind) {
      case "number":
        return tree.value;
      case "name":
        return this.#lookUp(tree.name, tree.place);
      case "negative":
        return negative(this.#evaluate(tree.of));
      case "binary":
        return binary(tree.op, this.#evaluate(tree.left), this.#evaluate(tree.right), tree.place);
      case "call":
        return call(
          tree.name,
          tree.inputs.map((input) => this.#evaluate(input)),
          tree.place,
        );
    }
  }

  #lookUp(name: string, place: string): Value {
    const known = this.#named.get(name);
    if (known !== undefined) return known;
    const data = this.#given.get(name);
    if (data === undefined) {
      const names = [...new Set([...this.#given.keys(), ...this.#named.keys()])];
      const expected =
        names.length === 0 ? "numbers, since no name has a value" : `one of the names ${names.join(", ")}`;
      throw complaint(expected, `\`${name}\` at ${place}`, `give it a value: ${name} = 1`);
    }
    const leaf = new Value(data, name);
    this.#named.set(name, leaf);
    this.variables.set(name, leaf);
    return leaf;
  }
}

function negative(x: Value | number): Value | number {
  return typeof x === "number" ? -x : x.neg();
}

// For a number and a Value, the Value has the operation; if the number comes first, the operation is swapped as in
// micrograd.
function binary(op: Binary, x: Value | number, y: Value | number, place: string): Value | number {
  if (op === "**") return power(x, y, place);
  if (typeof x === "number") {
    if (typeof y === "number") return onNumbers[op](x, y);
    if (op === "+") return y.add(x);
    if (op === "-") return y.neg().add(x);
    return (op === "*" ? y : y.pow(-1, pow)).mul(x);
  }
  if (op === "+") return x.add(y);
  if (op === "-") return x.sub(y);
  return op === "*" ? x.mul(y) : x.div(y);
}

const onNumbers: { readonly [op in Exclude<Binary, "**">]: (x: number, y: number) => number } = {
  "+": (x, y) => x + y,
  "-": (x, y) => x - y,
  "*": (x, y) => x * y,
  "/": (x, y) => x / y,
};

function power(x: Value | number, y: Value | number, place: string): Value | number {
  if (typeof y !== "number") {
    throw complaint(
      "a plain number as the exponent",
      `a variable at ${place}`,
      "write exp(b * log(a)) for a to the power b",
    );
  }
  return typeof x === "number" ? pow(x, y) : x.pow(y, pow);
}

function call(name: string, inputs: readonly (Value | number)[], place: string): Value | number {
  const one = ofOne.get(name);
  const two = ofTwo.get(name);
  if (one === undefined && two === undefined) {
    const names = [...ofOne.keys(), ...ofTwo.keys()].join(", ");
    throw complaint(`one of the operations ${names}`, `\`${name}\` at ${place}`, "use one of them");
  }
  const [x, y] = inputs;
  if (one !== undefined && x !== undefined && inputs.length === 1) return one(x);
  if (two !== undefined && x !== undefined && y !== undefined && inputs.length === 2) return binary(two, x, y, place);
  throw wrongInputs(name, one === undefined ? 2 : 1, inputs.length, place);
}

const ofOne: ReadonlyMap<string, (x: Value | number) => Value | number> = new Map([
  ["exp", (x) => (typeof x === "number" ? exp(x) : x.exp(exp(x.data)))],
  ["log", (x) => (typeof x === "number" ? log(x) : x.log(log(x.data)))],
  ["relu", (x) => (typeof x === "number" ? Math.max(0, x) : x.relu())],
  ["neg", negative],
]);

const ofTwo: ReadonlyMap<string, Binary> = new Map([
  ["pow", "**"],
  ["add", "+"],
  ["sub", "-"],
  ["mul", "*"],
  ["div", "/"],
]);

function wrongInputs(name: string, wanted: number, count: number, place: string): MicrogptError {
  const example = wanted === 1 ? `${name}(x) or x.${name}()` : `${name}(x, 3) or x.${name}(3)`;
  return complaint(
    `${wanted === 1 ? "one input" : "two inputs"} of ${name}`,
    `${count} at ${place}`,
    `write ${example}`,
  );
}
