/**
 * Generation as a graph: tokens in, logits out, with the keys and values of all tokens so far in permanent tables.
 * gpt() is the one definition, and a run has R rows: a single token, a prompt, or one token for each of many sequences.
 */

import type { Roots } from "../compile/lower.ts";
import { GraphNode } from "../graph/graph-node.ts";
import { type GPTConfig, headDim, kvHeads } from "../model/config.ts";
import { gpt } from "../model/gpt.ts";
import { softmax } from "../tensor/nn.ts";
import type { Dim } from "../util/dim.ts";
import { weightInputs } from "./step-graph.ts";

export interface DecodingOptions {
  /** R: a number, or ROWS for one that is known only at run time. */
  readonly rows: Dim;
  /** S: number of tokens whose keys and values are kept. */
  readonly slots: number;
  /** True to output logits and probabilities; false to update only the tables. */
  readonly predicts: boolean;
}

/** The name of a layer's table. */
export function tableName(kind: "k" | "v", layer: number): string {
  return `cache.${kind}.${layer}`;
}

/**
 * Inputs of a run are `tokens`, `positions`, `slots` (where each token's keys and values go; no slot twice), `starts`
 * and `ends` (the slots it sees, its own included), R each; `weights` (P), one vector; and for each layer the tables of
 * keys and values (S, C), which are updated. Outputs: `logits` and `probabilities` (R, V), which are softmax of the
 * logits times the input `inverse_temperature`.
 */
export function decodingStep(config: GPTConfig, { rows, slots, predicts }: DecodingOptions): Roots {
  const list = (name: string): GraphNode => GraphNode.input(name, [rows]);
  const places = list("slots");
  const updates: Record<string, GraphNode> = {};
  const put = (name: string, x: GraphNode): GraphNode => {
    const [G, D] = [kvHeads(config), headDim(config)];
    const table = GraphNode.input(name, [slots, G * D]);
    const updated = table.apply("put", [table, places, x.reshape(rows, G * D)], {});
    updates[name] = updated;
    return updated.reshape(slots, G, D);
  };
  const context = {
    positions: list("positions"),
    starts: list("starts"),
    ends: list("ends"),
    remember: (layer: number, k: GraphNode, v: GraphNode): [GraphNode, GraphNode] => [
      put(tableName("k", layer), k),
      put(tableName("v", layer), v),
    ],
  };
  const logits = gpt(weightInputs(config), list("tokens"), context, config);
  if (!predicts) return { outputs: {}, updates };
  const probabilities = softmax(logits.mul(GraphNode.input("inverse_temperature", [])));
  return { outputs: { logits, probabilities }, updates };
}

/** Leaves only the likeliest token, without a product beyond float32. */
const COLDEST = 1e30;

export function inverseTemperature(temperature: number): number {
  return Math.min(1 / temperature, COLDEST);
}
