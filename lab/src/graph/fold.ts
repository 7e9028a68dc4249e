/**
 * Folds a graph of thousands of nodes into a few boxes. A box is a named tensor (its members, one node for each entry)
 * with all nodes between it and the tensors it is computed from (its inside). A folded training step is about twenty
 * boxes from the weights up to the loss.
 */

import { MicrogptError, type Shape } from "microgpt";
import { operandsOf, type ValueGraph } from "./graph.ts";

/** A named tensor: the nodes of its entries, row-major; -1 for an entry that the root does not depend on. */
export interface Group {
  readonly name: string;
  readonly shape: Shape;
  readonly nodes: Int32Array;
}

export interface Box {
  readonly name: string;
  readonly shape: Shape;
  /**
   * `given` is a group; `root` is the root, if no group has it. `shared` was found: nodes inside the box named like it,
   * without the ending `.input`, that later boxes read too. In a GPT that is the residual stream.
   */
  readonly kind: "given" | "shared" | "root";
  /** The nodes of its entries, as in the group. */
  readonly members: Int32Array;
  /** Number of nodes between its members and those of its inputs, constants included. */
  readonly inside: number;
  /** The indices in `boxes` of the boxes it reads, ascending; all of them come before it. */
  readonly inputs: readonly number[];
}

/** Plain data with typed arrays, which `postMessage` can copy. */
export interface Fold {
  /** In the order of the groups, each after those that it reads. */
  readonly boxes: readonly Box[];
  /** (N) the box of each node */
  readonly owner: Int32Array;
  /** (N) which entry of its box a node is, or -1 inside */
  readonly entry: Int32Array;
}

/**
 * Assigns every node to a box. A node that is not a member belongs to the first box, in the order of the groups, that
 * is computed from it without passing another's members. Groups come in the order of computation, weights anywhere
 * before their use; a node in two groups belongs to the first. Errors: a group before one that it is computed from, a
 * group whose size does not match its shape.
 */
export function fold(graph: ValueGraph, groups: readonly Group[]): Fold {
  groups.forEach(checkShape);
  let drafts: Draft[] = groups.map((group) => ({ ...group, kind: "given" }));
  const root = graph.size - 1;
  if (!groups.some(({ nodes }) => nodes.includes(root))) {
    drafts.push({ name: "loss", shape: [], kind: "root", nodes: Int32Array.of(root) });
  }
  // Shared nodes move into boxes of their own, which may share nodes in turn. Each round has fewer nodes inside.
  for (;;) {
    const assigned = assign(graph, drafts);
    const shared = sharedNodes(graph, assigned);
    if (shared.size === 0) return { ...assigned, boxes: boxesOf(graph, drafts, assigned) };
    drafts = drafts.flatMap((draft, box) => {
      const nodes = shared.get(box);
      return nodes === undefined ? [draft] : [inputOf(graph, draft, nodes), draft];
    });
  }
}

type Draft = Group & Pick<Box, "kind">;
type Assigned = Omit<Fold, "boxes">;

function assign({ size, a, b }: ValueGraph, drafts: readonly Draft[]): Assigned {
  const [owner, entry] = [new Int32Array(size).fill(-1), new Int32Array(size).fill(-1)];
  drafts.forEach(({ nodes }, box) => {
    nodes.forEach((node, i) => {
      if (node < 0 || (owner[node] ?? 0) >= 0) return;
      owner[node] = box;
      entry[node] = i;
    });
  });
  drafts.forEach(({ nodes }, box) => {
    const stack = [...nodes].filter((node) => owner[node] === box);
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      for (const operand of [a[node] ?? -1, b[node] ?? -1]) {
        if (operand < 0 || owner[operand] !== -1) continue;
        owner[operand] = box;
        stack.push(operand);
      }
    }
  });
  return { owner, entry };
}

// Nodes inside one box that another reads, ascending. Constants are not results and do not count.
function sharedNodes({ a, b, size }: ValueGraph, found: Assigned): Map<number, Set<number>> {
  const shared = new Map<number, Set<number>>();
  for (let user = 0; user < size; user++) {
    for (const node of [a[user] ?? -1, b[user] ?? -1]) {
      if (node < 0 || (a[node] ?? -1) < 0 || found.entry[node] !== -1) continue;
      const [box, reader] = [found.owner[node] ?? -1, found.owner[user] ?? -1];
      if (box === reader) continue;
      const nodes = shared.get(box) ?? new Set();
      shared.set(box, nodes.add(node));
    }
  }
  return shared;
}

// If every entry of the box is computed from one shared node of its own, these form a tensor of the same shape.
function inputOf(graph: ValueGraph, { name, shape, nodes }: Draft, shared: ReadonlySet<number>): Draft {
  const matched = [...nodes].flatMap((node) => {
    const operands = node < 0 ? [] : [...new Set(operandsOf(graph, node))].filter((operand) => shared.has(operand));
    return operands.length === 1 ? operands : [];
  });
  const alike =
    matched.length === nodes.length && new Set(matched).size === shared.size && matched.length === shared.size;
  const members = alike ? matched : [...shared].sort((x, y) => x - y);
  return {
    name: `${name}.input`,
    shape: alike ? shape : [members.length],
    kind: "shared",
    nodes: Int32Array.from(members),
  };
}

function boxesOf({ size, a, b }: ValueGraph, drafts: readonly Draft[], { owner, entry }: Assigned): Box[] {
  const inside = new Int32Array(drafts.length);
  const inputs = drafts.map(() => new Set<number>());
  const read = (reader: number, box: number): void => {
    if (reader < box) throw outOfOrder(drafts, reader, box);
    if (reader > box) inputs[reader]?.add(box);
  };
  for (let node = 0; node < size; node++) {
    const box = owner[node] ?? -1;
    if (entry[node] === -1) inside[box] = (inside[box] ?? 0) + 1;
    for (const operand of [a[node] ?? -1, b[node] ?? -1]) {
      if (operand >= 0 && entry[operand] !== -1) read(box, owner[operand] ?? -1);
    }
  }
  return drafts.map(({ name, shape, kind, nodes }, box) => {
    for (const node of nodes) if (node >= 0) read(box, owner[node] ?? -1);
    const sorted = [...(inputs[box] ?? [])].sort((x, y) => x - y);
    return { name, shape, kind, members: nodes, inside: inside[box] ?? 0, inputs: sorted };
  });
}

function checkShape({ name, shape, nodes }: Group): void {
  const size = shape.reduce((product, n) => product * n, 1);
  if (size === nodes.length) return;
  const expected = `${size} nodes for ${name} (${shape.join(", ")})`;
  throw new MicrogptError({
    code: "shape",
    operation: "fold",
    expected,
    got: `${nodes.length}`,
    fix: "pass one for each entry",
  });
}

function outOfOrder(drafts: readonly Draft[], reader: number, box: number): MicrogptError {
  // The user of a shared box names the group it was found in.
  const [name = "", input = ""] = [drafts[reader], drafts[box]].map((draft) =>
    draft?.kind === "shared" ? draft.name.replace(/(\.input)+$/, "") : draft?.name,
  );
  return new MicrogptError({
    code: "conflict",
    operation: "fold",
    expected: "groups in the order of computation",
    got: `${name} before ${input}, which it is computed from`,
    fix: `put ${input} first`,
  });
}
