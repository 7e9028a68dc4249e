/** A graph of Values that can be queried node by node: that of a training step, or of an expression in the sandbox. */

import { MicrogptError } from "microgpt";
import type { Operation } from "microgpt/value";
import {
  gradientTerms,
  heaviestPath,
  type Path,
  type Paths,
  pathsToRoot,
  type Side,
  type Term,
} from "../../graph/chain.ts";
import { formulaOf, type LocalRule, localRulesOf, symbolOf } from "../../graph/describe.ts";
import { type Fold, fold, type Group } from "../../graph/fold.ts";
import { operandsOf, operationOf, usesCount, type ValueGraph } from "../../graph/graph.ts";
import { checkByDifference, type Difference } from "../../graph/replay.ts";

/** A node as listed. */
export interface NodeBrief {
  readonly node: number;
  /**
   * `layer0.attn_wq[3,5]` for an entry; otherwise the operation and the entry it serves, `× in layer0.q[1,3]`, or a
   * constant's number.
   */
  readonly name: string;
  /** The same without the entry: `×`. */
  readonly short: string;
  readonly data: number;
  readonly grad: number;
}

/** A term of a node's gradient: the contribution of one use. */
export interface NodeTerm {
  readonly user: NodeBrief;
  /** d user / d node */
  readonly local: number;
  readonly product: number;
}

/** A step of a path towards the root. */
export interface PathStep {
  readonly to: NodeBrief;
  readonly local: number;
  /**
   * Number of consecutive additions, each with the local gradient 1, that this step represents; 0 for a step of another
   * kind.
   */
  readonly additions: number;
}

/** The facts about a node. */
export interface NodeFacts extends NodeBrief {
  readonly op: Operation;
  readonly symbol: string;
  readonly formula: string;
  readonly rules: readonly LocalRule[];
  readonly operands: readonly (NodeBrief & { readonly side: Side; readonly local: number })[];
  /** Its box by number, and its entry, -1 inside. */
  readonly box: number;
  readonly boxName: string;
  readonly entry: number;
  readonly isRoot: boolean;
  /** The heaviest of its uses, heaviest first, and the sum of all others. */
  readonly terms: readonly NodeTerm[];
  readonly uses: number;
  readonly rest: number;
  /** Number of paths to the root; Infinity beyond float64. */
  readonly paths: number;
  readonly heaviest: {
    readonly steps: readonly PathStep[];
    readonly product: number;
    readonly share: number | undefined;
  };
}

/** A gradient compared with a difference; kinks by name, the first few. */
export interface NodeCheck extends Difference {
  readonly data: number;
  readonly kinkNames: readonly string[];
}

/** Number of uses that are listed one by one. */
const MOST_TERMS = 12;
const MOST_KINKS = 3;

export class Examined {
  readonly graph: ValueGraph;
  readonly fold: Fold;
  #paths: Paths | undefined;

  constructor(graph: ValueGraph, groups: readonly Group[]) {
    this.graph = graph;
    this.fold = fold(graph, groups);
  }

  brief(node: number): NodeBrief {
    const { data, grad } = this.graph;
    return {
      node,
      name: this.#name(node),
      short: this.#short(node),
      data: data[node] ?? Number.NaN,
      grad: grad[node] ?? Number.NaN,
    };
  }

  /** Errors: a node that the graph does not have. */
  facts(node: number): NodeFacts {
    const { graph, fold } = this;
    const terms = gradientTerms(graph, node).sort(heaviestFirst);
    this.#paths ??= pathsToRoot(graph);
    const path = heaviestPath(graph, node, this.#paths);
    const box = fold.owner[node] ?? -1;
    return {
      ...this.brief(node),
      op: operationOf(graph, node),
      symbol: symbolOf(graph, node),
      formula: formulaOf(graph, node),
      rules: localRulesOf(graph, node),
      operands: operandsOf(graph, node).map((operand, i) => ({
        ...this.brief(operand),
        side: i === 0 ? "a" : "b",
        local: (i === 0 ? graph.da : graph.db)[node] ?? Number.NaN,
      })),
      box,
      boxName: fold.boxes[box]?.name ?? "",
      entry: fold.entry[node] ?? -1,
      isRoot: node === graph.size - 1,
      terms: terms.slice(0, MOST_TERMS).map(({ user, local, product }) => ({ user: this.brief(user), local, product })),
      uses: usesCount(graph, node),
      rest: terms.slice(MOST_TERMS).reduce((sum, { product }) => sum + product, 0),
      paths: this.#paths.count[node] ?? 0,
      heaviest: { steps: this.#steps(path), product: path.product, share: path.share },
    };
  }

  /** Errors: a node that the graph does not have. */
  check(node: number): NodeCheck {
    const difference = checkByDifference(this.graph, node);
    const kinkNames = difference.kinks.slice(0, MOST_KINKS).map((kink) => this.#name(kink));
    return { ...difference, data: this.graph.data[node] ?? Number.NaN, kinkNames };
  }

  // A long sum is a chain of additions that each pass on the gradient unchanged: they are shown as one.
  #steps({ nodes, locals }: Path): PathStep[] {
    const steps: PathStep[] = [];
    locals.forEach((local, i) => {
      const to = nodes[i + 1] ?? -1;
      const last = steps.at(-1);
      const isAddition = operationOf(this.graph, to) === "add" && local === 1;
      const joins = isAddition && last !== undefined && last.additions > 0 && (this.fold.entry[last.to.node] ?? -1) < 0;
      if (joins) steps.pop();
      steps.push({ to: this.brief(to), local, additions: isAddition ? (joins ? last.additions : 0) + 1 : 0 });
    });
    return steps;
  }

  /**
   * The entry of a tensor that a node serves: the first on the way to the root, where each step goes to the user that
   * contributes most of the gradient. For the root, itself.
   */
  entryAbove(node: number): number {
    let at = node;
    do {
      const [heaviest] = gradientTerms(this.graph, at).sort(heaviestFirst);
      if (heaviest === undefined) return at;
      at = heaviest.user;
    } while (this.fold.entry[at] === -1);
    return at;
  }

  isLeaf(node: number): boolean {
    return operationOf(this.graph, node) === "leaf";
  }

  #name(node: number): string {
    const short = this.#short(node);
    if (this.graph.labels.has(node) || this.isLeaf(node)) return short;
    const above = this.graph.labels.get(this.entryAbove(node));
    return above === undefined ? short : `${short} in ${above}`;
  }

  #short(node: number): string {
    const label = this.graph.labels.get(node);
    if (label !== undefined) return label;
    return operationOf(this.graph, node) === "leaf" ? formulaOf(this.graph, node) : symbolOf(this.graph, node);
  }
}

function heaviestFirst(x: Term, y: Term): number {
  return Math.abs(y.product) - Math.abs(x.product);
}

/** Throws if a question comes before its subject was made. */
export function made<T>(thing: T | undefined, what: string): T {
  if (thing !== undefined) return thing;
  throw new MicrogptError({
    code: "no-data",
    operation: "one step",
    expected: what,
    got: "none yet",
    fix: "make it first",
  });
}
