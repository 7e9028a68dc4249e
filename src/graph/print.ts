import type { Dim } from "../util/dim.ts";
import { showShape } from "../util/shape.ts";
import { type GraphNode, topologicalOrder } from "./graph-node.ts";

/**
 * A graph as text, a line a node, each after its operands: `%3 = matmul(%1, %2) (2, 4)`. The same graph prints the same.
 * `outputs` names the roots.
 */
export function printGraph(outputs: Readonly<Record<string, GraphNode>>): string {
  const numbers = new Map<GraphNode, string>();
  const lines = topologicalOrder(Object.values(outputs)).map((node, i) => {
    numbers.set(node, `%${i}`);
    return `%${i} = ${describe(node, numbers)} ${showShape(node.shape)}`;
  });
  const roots = Object.entries(outputs).map(([name, node]) => `${name} = ${numbers.get(node)}`);
  return [...lines, ...roots].join("\n");
}

function describe({ source }: GraphNode, numbers: ReadonlyMap<GraphNode, string>): string {
  switch (source.kind) {
    case "input":
      return `input ${source.name}`;
    case "constant":
      return `constant ${showNumbers(source.data)}`;
    case "op": {
      const operands = source.inputs.map((input) => numbers.get(input));
      const attrs = Object.entries(source.attrs).map(([name, value]) => `${name}=${showAttribute(value)}`);
      return `${source.op}(${[...operands, ...attrs].join(", ")})`;
    }
  }
}

function showAttribute(value: string | number | readonly Dim[]): string {
  return typeof value === "object" ? `[${value.join()}]` : `${value}`;
}

const SHOWN = 6;

function showNumbers(data: ArrayLike<number>): string {
  const shown = Array.from(data).slice(0, SHOWN).join(" ");
  return data.length > SHOWN ? `[${shown} ...]` : `[${shown}]`;
}
