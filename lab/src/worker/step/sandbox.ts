/** The sandbox of the step view: the user's own expression as a graph of Values. */

import { evaluateExpression, freeNames } from "../../graph/expression.ts";
import { flatten } from "../../graph/graph.ts";
import { Examined } from "./examine.ts";
import { type Tree, treeOf } from "./tree.ts";

export interface Expressed {
  /** Free variables, in the order of first use. */
  readonly names: readonly string[];
  readonly root: number;
  readonly value: number;
  readonly size: number;
  readonly tree: Tree;
}

/** Number of visible terms of a sum: no expression has more. */
const ALL_TERMS = 100;

/** Variables without a number are 1. Errors: those of `parse` and of `evaluateExpression`, one line with the column. */
export function express(
  text: string,
  given: Readonly<Record<string, number>>,
): { examined: Examined; expressed: Expressed } {
  const names = freeNames(text);
  const values = Object.fromEntries(
    names.map((name) => [name, (Object.hasOwn(given, name) ? given[name] : undefined) ?? 1]),
  );
  const { root } = evaluateExpression(text, values);
  root.backward();
  const { graph } = flatten(root);
  const examined = new Examined(graph, []);
  const node = graph.size - 1;
  const tree = treeOf(examined, node, ALL_TERMS);
  return { examined, expressed: { names, root: node, value: root.data, size: graph.size, tree } };
}
