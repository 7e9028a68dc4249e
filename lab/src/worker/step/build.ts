/** One real training step, scalar by scalar: the loss of one document as the readable engine's graph of Values. */

import {
  type Checkpoint,
  countNodes,
  countParams,
  MicrogptError,
  mapParams,
  namedParams,
  pack,
  paramShapes,
  ScalarGPT,
  ScalarTensor,
  type Shape,
} from "microgpt";
import type { Group } from "../../graph/fold.ts";
import { flatten } from "../../graph/graph.ts";
import { Examined } from "./examine.ts";

/** Largest number of nodes: about 400 MB and a few seconds. */
const MOST_NODES = 2_000_000;

/** A document as the loss reads it. */
export interface StepDocument {
  /** At most blockSize + 1. */
  readonly tokens: readonly number[];
  /** Tokens of the text that do not fit into the context. */
  readonly leftOut: number;
}

export interface Step extends StepDocument {
  readonly checkpoint: Checkpoint;
  readonly examined: Examined;
  readonly loss: number;
  /** Names of the weights, the first boxes. */
  readonly params: ReadonlySet<string>;
}

/**
 * A document as in training, BOS at both ends; running text has none. Errors: text that the vocabulary cannot spell or
 * too little of it; a graph too large for a page.
 */
export function readDocument(checkpoint: Checkpoint, text: string): StepDocument {
  const { model, tokenizer, mode = "documents" } = checkpoint;
  const all = mode === "documents" ? tokenizer.encodeDocument(text) : tokenizer.encode(text);
  if (all.length < 2) {
    throw new MicrogptError({
      code: "length",
      operation: "one step",
      expected: "two tokens or more, one to see and one to predict",
      got: `${all.length}`,
      fix: "type more",
    });
  }
  const tokens = all.slice(0, model.config.blockSize + 1);
  checkSize(checkpoint, tokens.length - 1);
  return { tokens, leftOut: all.length - tokens.length };
}

/** Builds the graph, runs backward, and assigns the nodes to tensors. */
export function buildStep(checkpoint: Checkpoint, document: StepDocument): Step {
  const { config } = checkpoint.model;
  const { tokens } = document;
  const data = new Map(namedParams(checkpoint.model.state().weights));
  const params = mapParams(paramShapes(config), (shape, name) => ScalarTensor.from(shape, data.get(name) ?? []));
  const tensors: [name: string, tensor: ScalarTensor][] = namedParams(params);
  const names = new Set(tensors.map(([name]) => name));
  const watch = (name: string, tensor: ScalarTensor): ScalarTensor => {
    tensors.push([name, tensor]);
    return tensor;
  };
  const losses = new ScalarGPT(config, params).losses(pack([tokens], config.blockSize), { watch });
  watch("losses", losses);
  const loss = losses.mean(0).item();
  loss.label = "loss";
  for (const [name, { shape, values }] of tensors) {
    values.forEach((value, i) => {
      value.label ??= `${name}[${indicesOf(shape, i).join(",")}]`;
    });
  }
  loss.backward();
  const { graph, idOf } = flatten(loss);
  const groups = tensors.map(
    ([name, { shape, values }]): Group => ({ name, shape, nodes: Int32Array.from(values, idOf) }),
  );
  return { ...document, checkpoint, examined: new Examined(graph, groups), loss: loss.data, params: names };
}

function checkSize({ model: { config } }: Checkpoint, T: number): void {
  const nodes = countNodes(config, T);
  if (nodes <= MOST_NODES) return;
  let fitting = T;
  while (fitting > 0 && countNodes(config, fitting) > MOST_NODES) fitting--;
  const shorter = fitting > 0 ? `type a text of at most ${fitting} tokens, or ` : "";
  throw new MicrogptError({
    code: "memory",
    operation: "one step",
    expected: `a graph of at most ${MOST_NODES.toLocaleString("en")} scalars, which a page can hold`,
    got: `about ${Math.round(nodes).toLocaleString("en")} for ${countParams(config).toLocaleString("en")} parameters and ${T} tokens`,
    fix: `${shorter}train a smaller model`,
  });
}

/** The indices of entry i of a tensor along each axis. */
function indicesOf(shape: Shape, i: number): number[] {
  let rest = i;
  return shape
    .map((_, axis) => shape.slice(axis + 1).reduce((size, n) => size * n, 1))
    .map((stride) => {
      const index = Math.floor(rest / stride);
      rest %= stride;
      return index;
    });
}
