/**
 * The reader's part for the view "One step". The graph of the loss, tens of thousands of nodes, stays here: the page
 * gets its boxes, and small parts of it for each question. Node numbers are valid until another document or model is
 * opened.
 */

import type { Checkpoint, Shape, TrainingSettings } from "microgpt";
import { buildStep, readDocument, type Step, type StepDocument } from "./build.ts";
import { type Comparison, compareEngines } from "./compare.ts";
import { type Examined, made, type NodeCheck, type NodeFacts } from "./examine.ts";
import { type Expressed, express } from "./sandbox.ts";
import { type Tree, treeOf } from "./tree.ts";
import { type Update, updateOf } from "./update.ts";

/** The graph that a question is about. */
export type GraphName = "step" | "sandbox";

export interface StepBox {
  readonly name: string;
  readonly shape: Shape;
  readonly isParam: boolean;
  /** Scalars of its computation: those between its inputs and its entries, and the computed entries. */
  readonly scalars: number;
  /** By number, ascending: all of them come before it. */
  readonly inputs: readonly number[];
  /** Mean |data| and mean |gradient| over the entries. */
  readonly size: number;
  readonly steepness: number;
}

export interface StepSummary extends StepDocument {
  readonly text: string;
  readonly loss: number;
  /** Number of scalars in the graph. */
  readonly nodes: number;
  /** Time to build it, backward included, in milliseconds. */
  readonly ms: number;
  /** In the order of computation. */
  readonly boxes: readonly StepBox[];
}

/** A box entry by entry. */
export interface BoxNumbers {
  /** -1 for a weight that the document does not use; its gradient is 0. */
  readonly nodes: Int32Array;
  readonly data: Float64Array;
  readonly grad: Float64Array;
}

export function stepAPI(reading: { readonly checkpoint: Checkpoint }) {
  let step: Step | undefined;
  let sandbox: Examined | undefined;
  const current = (): Step => made(step, "a document's graph");
  const graphOf = (name: GraphName): Examined =>
    name === "step" ? current().examined : made(sandbox, "an expression's graph");

  return {
    /**
     * Uses the model in its current state. Errors: text that the vocabulary cannot spell or too little of it, a graph
     * too large for a page.
     */
    build(text: string): StepSummary {
      const { checkpoint } = reading;
      const document = readDocument(checkpoint, text);
      step = undefined; // two graphs at once may take too much memory
      const begin = performance.now();
      step = buildStep(checkpoint, document);
      const ms = performance.now() - begin;
      const { loss, examined } = step;
      return { ...document, text, loss, nodes: examined.graph.size, ms, boxes: boxesOf(step) };
    },

    numbers: (box: number): BoxNumbers => numbersOf(current(), box),
    tree: (graph: GraphName, node: number, maxTerms: number): Tree => treeOf(graphOf(graph), node, maxTerms),
    facts: (graph: GraphName, node: number): NodeFacts => graphOf(graph).facts(node),
    check: (graph: GraphName, node: number): NodeCheck => graphOf(graph).check(node),

    /** The update of a weight, see `updateOf`. */
    update: (box: number, entry: number, training: TrainingSettings, at: number, file?: Uint8Array): Update =>
      updateOf(current(), { box, entry }, training, at, file),

    compare: (): Promise<Comparison> => compareEngines(current().checkpoint, current().tokens),

    /** Puts an expression into the sandbox. Errors: those of the expression; the previous one then stays. */
    express(text: string, given: Readonly<Record<string, number>>): Expressed {
      const { examined, expressed } = express(text, given);
      sandbox = examined;
      return expressed;
    },
  };
}

function boxesOf(step: Step): StepBox[] {
  return step.examined.fold.boxes.map(({ name, shape, inside, inputs, members }, i) => {
    const { data, grad } = numbersOf(step, i);
    const isParam = step.params.has(name);
    const scalars = inside + members.length;
    return { name, shape, isParam, scalars, inputs, size: meanSize(data), steepness: meanSize(grad) };
  });
}

function numbersOf({ examined: { graph, fold }, checkpoint }: Step, box: number): BoxNumbers {
  const { members: nodes, name } = made(fold.boxes[box], `a box from 0 to ${fold.boxes.length - 1}`);
  // Weights that the document does not use are not in the graph.
  const weights = nodes.includes(-1) ? weightsOf(checkpoint, name) : undefined;
  return {
    nodes,
    data: Float64Array.from(nodes, (node, i) => graph.data[node] ?? weights?.[i] ?? Number.NaN),
    grad: Float64Array.from(nodes, (node) => graph.grad[node] ?? 0),
  };
}

function weightsOf({ model }: Checkpoint, name: string): ArrayLike<number> | undefined {
  const { layers: _, ...outer } = model.state().weights;
  return new Map(Object.entries(outer)).get(name);
}

function meanSize(data: Float64Array): number {
  return data.reduce((sum, x) => sum + Math.abs(x), 0) / data.length;
}
