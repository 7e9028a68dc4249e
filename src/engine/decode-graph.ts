/**
 * Generation as a graph: tokens in, logits out, with the keys and values of all tokens so far in permanent tables.
 * gpt() is the one definition, and a run has R rows: a single token, a prompt, or one token for each of many sequences.
 */

import type { Roots } from "../compile/lower.ts";
import { GraphNode } from "../graph/graph-node.ts";
import { type GPTConfig, headDim, kvHeads } from "../model/config.ts";
import { gpt } from "../model/gpt.ts";
import { cellOf, type WeightFormat } from "../model/narrow.ts";
import type { StateDict } from "../model/params.ts";
import { softmax } from "../tensor/nn.ts";
import type { Dim } from "../util/dim.ts";
import { fromVectors, inferenceVectors, NARROW, partOf, rowsBefore, SCALES } from "./layout.ts";
import { weightInputs } from "./step-graph.ts";

export interface DecodingOptions {
  /** R: a number, or ROWS for one that is known only at run time. */
  readonly rows: Dim;
  /** S: number of tokens whose keys and values are kept. */
  readonly slots: number;
  /** Format of the matrices. Default f32. */
  readonly format?: WeightFormat;
  /** True to output logits and probabilities; false to update only the tables. */
  readonly predicts: boolean;
}

/** The name of a layer's table. */
export function tableName(kind: "k" | "v", layer: number): string {
  return `cache.${kind}.${layer}`;
}

/** The parameters as parts of the inputs `weights` and, in a narrow format, `weights_narrow` times `scales` by rows. */
function inferenceWeights(config: GPTConfig, format: WeightFormat): StateDict<GraphNode> {
  const vectors = inferenceVectors(config, format);
  if (format !== "int8") return weightInputs(config, vectors);
  const inputs = new Map(vectors.map((vector) => [vector, GraphNode.input(`weights${vector.suffix}`, [vector.size])]));
  const narrow = vectors[1];
  const rows = narrow?.parts.reduce((sum, { shape: [count = 1] }) => sum + count, 0) ?? 0;
  const scales = GraphNode.input(SCALES, [rows]);
  return fromVectors(config, vectors, (vector, part) => {
    const whole = partOf(inputs.get(vector) as GraphNode, part);
    if (vector !== narrow) return whole;
    const [count = 1] = part.shape;
    const first = rowsBefore(vector, part);
    return whole.mul(scales.slice(0, first, first + count).reshape(count, 1));
  });
}

/**
 * Inputs of a run are `tokens`, `positions`, `slots` (where each token's keys and values go; no slot twice), `starts`
 * and `ends` (the slots it sees, its own included), R each; `weights` (P), one vector, or in a narrow format the three of `inferenceWeights`; and for each layer the tables of
 * keys and values (S, C), which are updated. Outputs: `logits` and `probabilities` (R, V), which are softmax of the
 * logits times the input `inverse_temperature`.
 */
export function decodingStep(config: GPTConfig, { rows, slots, predicts, format = "f32" }: DecodingOptions): Roots {
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
  const logits = gpt(inferenceWeights(config, format), list("tokens"), context, config);
  const cells = format === "f32" ? {} : { [`weights${NARROW}`]: cellOf[format] };
  if (!predicts) return { outputs: {}, updates, cells };
  const probabilities = softmax(logits.mul(GraphNode.input("inverse_temperature", [])));
  return { outputs: { logits, probabilities }, updates, cells };
}

/** Leaves only the likeliest token, without a product beyond float32. */
const COLDEST = 1e30;

export function inverseTemperature(temperature: number): number {
  return Math.min(1 / temperature, COLDEST);
}
