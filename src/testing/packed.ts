/** For tests: packed documents as tensors for `gpt()`, and its loss as a graph. */

import { GraphNode } from "../graph/graph-node.ts";
import type { GPTConfig } from "../model/config.ts";
import { type Context, gpt } from "../model/gpt.ts";
import { pack } from "../model/pack.ts";
import { mapParams, paramShapes, type StateDict } from "../model/params.ts";
import { ScalarTensor } from "../scalar/scalar-tensor.ts";
import { crossEntropy } from "../tensor/nn.ts";
import type { Dim } from "../util/dim.ts";

export const vector = (...numbers: readonly number[]): ScalarTensor => ScalarTensor.from([numbers.length], numbers);

/** Every token of the documents as a row, the last ones included. */
export function rowsOf(...documents: readonly (readonly number[])[]): [ScalarTensor, Context<ScalarTensor>] {
  const withTarget = documents.map((tokens) => [...tokens, 0]);
  const { tokens, positions, starts, ends } = pack(withTarget, Infinity);
  return [vector(...tokens), { positions: vector(...positions), starts: vector(...starts), ends: vector(...ends) }];
}

/** A GPT's loss on R rows; the inputs are the weights and the lists of `Packed`, by name. */
export function traceLoss(config: GPTConfig, R: Dim): { params: StateDict<GraphNode>; loss: GraphNode } {
  const params = mapParams(paramShapes(config), (shape, name) => GraphNode.input(name, shape));
  const rows = (name: string): GraphNode => GraphNode.input(name, [R]);
  const context = { positions: rows("positions"), starts: rows("starts"), ends: rows("ends") };
  const losses = crossEntropy(gpt(params, rows("tokens"), context, config), rows("targets"));
  return { params, loss: losses.mul(rows("weights")).sum(0) };
}
