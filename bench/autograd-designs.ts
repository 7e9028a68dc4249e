/**
 * Three ways for a node to store what `backward` needs, on the same expression: the closure of micrograd, a list of
 * operands with a list of local gradients (microgpt.py), and two fields of each (value.ts). All three walk the graph in
 * the same way, so that only the node's layout differs. Numbers for docs/autograd.md.
 */

import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Value } from "microgpt/value";
import { measure, row, type Timing } from "./timing.ts";

interface Node<Self> {
  data: number;
  grad: number;
  add(other: Self): Self;
  mul(other: Self): Self;
  backward(): void;
}

/** A node with its operands and a closure that passes on the gradient. */
class ClosureValue implements Node<ClosureValue> {
  data: number;
  grad = 0;
  uses = 0;
  operands: readonly ClosureValue[];
  propagate: (() => void) | undefined;

  constructor(data: number, operands: readonly ClosureValue[] = []) {
    this.data = data;
    this.operands = operands;
    this.propagate = undefined;
  }

  add(other: ClosureValue): ClosureValue {
    const out = new ClosureValue(this.data + other.data, [this, other]);
    out.propagate = () => {
      this.grad += out.grad;
      other.grad += out.grad;
    };
    return out;
  }

  mul(other: ClosureValue): ClosureValue {
    const out = new ClosureValue(this.data * other.data, [this, other]);
    out.propagate = () => {
      this.grad += other.data * out.grad;
      other.grad += this.data * out.grad;
    };
    return out;
  }

  backward(): void {
    walk<ClosureValue>(this, (node) => node.propagate?.());
  }
}

/** A node with its operands and its local gradients, each a list. */
class ListValue implements Node<ListValue> {
  data: number;
  grad = 0;
  uses = 0;
  operands: readonly ListValue[];
  localGrads: readonly number[];

  constructor(data: number, operands: readonly ListValue[] = [], localGrads: readonly number[] = []) {
    this.data = data;
    this.operands = operands;
    this.localGrads = localGrads;
  }

  add(other: ListValue): ListValue {
    return new ListValue(this.data + other.data, [this, other], [1, 1]);
  }

  mul(other: ListValue): ListValue {
    return new ListValue(this.data * other.data, [this, other], [other.data, this.data]);
  }

  backward(): void {
    walk<ListValue>(this, ({ operands, localGrads, grad }) => {
      operands.forEach((operand, i) => {
        operand.grad += (localGrads[i] ?? 0) * grad;
      });
    });
  }
}

/** The two passes of Value.backward over lists of operands. */
function walk<N extends { uses: number; grad: number; operands: readonly N[] }>(
  root: N,
  propagate: (node: N) => void,
): void {
  const stack = [root];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    for (const operand of node.operands) if (operand.uses++ === 0) stack.push(operand);
  }
  root.grad = 1;
  stack.push(root);
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    propagate(node);
    for (const operand of node.operands) if (--operand.uses === 0) stack.push(operand);
  }
}

const LAYERS = 60;
const WIDTH = 16;
/** Number of nodes in `expression`: a product and a sum for each weight, minus one sum a row, and the last sum. */
const NODES = LAYERS * WIDTH * (2 * WIDTH - 1) + WIDTH - 1;

/** The shape of a small network: layer after layer of dot products. Returns the weights and the root. */
function expression<N extends Node<N>>(leaf: (data: number) => N): { weights: N[]; root: N } {
  const weights = Array.from({ length: WIDTH * WIDTH }, (_, i) => leaf(Math.sin(i) / 4));
  let x = Array.from({ length: WIDTH }, (_, i) => leaf(Math.cos(i)));
  for (let layer = 0; layer < LAYERS; layer++) {
    x = Array.from({ length: WIDTH }, (_, out) =>
      x.map((entry, i) => entry.mul(weights[out * WIDTH + i] ?? leaf(0))).reduce((sum, product) => sum.add(product)),
    );
  }
  return { weights, root: x.reduce((sum, entry) => sum.add(entry)) };
}

const designs: { readonly [name: string]: () => number[] } = {
  "closure a node (micrograd)": () => gradients((data) => new ClosureValue(data)),
  "lists of operands and local gradients (microgpt.py)": () => gradients((data) => new ListValue(data)),
  "two operands, two local gradients (value.ts)": () => gradients((data) => new Value(data)),
};

function gradients<N extends Node<N>>(leaf: (data: number) => N): number[] {
  const { weights, root } = expression(leaf);
  root.backward();
  return weights.map(({ grad }) => grad);
}

/** The report of one design, from a process of its own. */
interface Report {
  readonly grads: number[];
  readonly timing: Timing;
}

/**
 * Times the designs, each in a process of its own; in a shared one, V8 would optimize the code for the first design.
 * The gradients must agree.
 */
export function benchDesigns(): string[] {
  const reports = Object.keys(designs).map((name): [string, Report] => {
    const self = fileURLToPath(import.meta.url);
    return [name, JSON.parse(execFileSync(process.execPath, ["--import", "tsx", self, name], { encoding: "utf8" }))];
  });
  const expected = reports[0]?.[1].grads ?? [];
  for (const [name, { grads }] of reports) {
    // The designs add a node's parts in different orders: equal up to rounding.
    const apart = Math.max(...grads.map((grad, i) => Math.abs(grad - (expected[i] ?? Number.NaN))));
    if (!(apart <= 1e-12 * Math.max(...expected.map(Math.abs)))) throw new Error(`${name}: gradients ${apart} apart`);
  }
  return reports.map(([name, { timing }]) => row(name, timing, "million nodes/s", (ms) => NODES / ms / 1e3));
}

const name = process.argv[2];
const design = name === undefined ? undefined : designs[name];
if (design !== undefined) {
  for (let warmUp = 0; warmUp < 20; warmUp++) design();
  console.log(JSON.stringify({ grads: design(), timing: measure(41, design) }));
}
