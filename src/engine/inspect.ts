/**
 * Inspects a model at work: the results of each of its parts on one document, in float64 by `evaluate` of graph/. R
 * rows (tokens), C channels, H heads, D channels of a head (C / H), V vocabulary; every array is row-major.
 */

import { evaluate } from "../graph/evaluate.ts";
import { GraphNode } from "../graph/graph-node.ts";
import { checkLength } from "../model/check-config.ts";
import { complete, type GPTConfig } from "../model/config.ts";
import { gpt, unembed } from "../model/gpt.ts";
import { mapParams, namedParams, paramShapes } from "../model/params.ts";
import { checkIds } from "../tensor/ids.ts";
import { attentionWeights } from "../tensor/nn.ts";
import { checkIdList, checkInteger } from "../util/checks.ts";
import { internalError, mistake } from "../util/errors.ts";
import { knownShape } from "../util/shape.ts";
import type { GPTState } from "./engine.ts";
import { checkWeights } from "./state.ts";

export interface InspectOptions {
  /** Heads whose output is set to 0. Default: none. (Michel et al. 2019, arXiv:1905.10650) */
  readonly off?: readonly (readonly [layer: number, head: number])[];
}

/** The results of a layer on a document. */
export interface LayerInspection {
  /** Queries, keys and values (R, H, D). */
  readonly q: Float64Array;
  readonly k: Float64Array;
  readonly v: Float64Array;
  /**
   * The attention of a row's token to a column's (H, R, R): each row sums to 1 over the columns up to its own, and is 0
   * beyond. For a head that is off, its attention if it were on.
   */
  readonly attention: Float64Array;
  /** The output of each head (R, H, D), before attn_wo; 0 for a head that is off. */
  readonly heads: Float64Array;
  /** The residual stream after attention (R, C). */
  readonly afterAttention: Float64Array;
  /** The MLP's units after the activation (R, 4C). */
  readonly hidden: Float64Array;
  /** The residual stream after the MLP (R, C). */
  readonly afterMlp: Float64Array;
}

/** The results of a model on a document. */
export interface Inspection {
  readonly tokens: readonly number[];
  /** The input of the first layer (R, C): the sum of both embeddings, normalized. */
  readonly embedding: Float64Array;
  readonly layers: readonly LayerInspection[];
  /**
   * nLayer + 1 times (R, V): the logits if the model ended after the embedding, after each layer; the last are
   * `logits`. (The logit lens: nostalgebraist 2020, "interpreting GPT: the logit lens")
   */
  readonly lens: readonly Float64Array[];
  /** For the token after each (R, V). */
  readonly logits: Float64Array;
}

/**
 * Inspects a model as it reads the tokens of one document, beginning with BOS. Errors: no token, more than blockSize,
 * an id outside the vocabulary, a head that the model does not have.
 */
export function inspect(state: GPTState, tokens: readonly number[], { off = [] }: InspectOptions = {}): Inspection {
  const config = checkWeights(state);
  const { weights } = state;
  checkIdList("inspect", tokens);
  checkTokens(tokens, config);
  for (const [layer, head] of off) {
    checkInteger("inspect", "a layer of off", layer, { min: 0, max: config.nLayer - 1 });
    checkInteger("inspect", "a head of off", head, { min: 0, max: config.nHead - 1 });
  }
  const points = trace(config, tokens, off);
  const lists = evaluate([...points.values()], Object.fromEntries(namedParams(weights)));
  const results = new Map([...points.keys()].map((point, i) => [point, lists[i]]));
  const at = (point: string): Float64Array => found(results, point);
  return {
    tokens: [...tokens],
    embedding: at("embedding"),
    layers: Array.from({ length: config.nLayer }, (_, i) => ({
      q: at(`layer${i}.q`),
      k: at(`layer${i}.k`),
      v: at(`layer${i}.v`),
      attention: at(`layer${i}.attention`),
      heads: at(`layer${i}.heads`),
      afterAttention: at(`layer${i}.attn`),
      hidden: at(`layer${i}.hidden`),
      afterMlp: at(`layer${i}.mlp`),
    })),
    lens: Array.from({ length: config.nLayer + 1 }, (_, i) => at(`lens${i}`)),
    logits: at("logits"),
  };
}

/**
 * All watched values by name: the points of a Context, `attention` of each layer, and `lens0` to that after the last.
 */
function trace(
  config: GPTConfig,
  tokens: readonly number[],
  off: NonNullable<InspectOptions["off"]>,
): Map<string, GraphNode> {
  const list = (numbers: readonly number[]): GraphNode => GraphNode.constant([numbers.length], numbers);
  const params = mapParams(paramShapes(config), (shape, name) => GraphNode.input(name, shape));
  const points = new Map<string, GraphNode>();
  const watch = (point: string, x: GraphNode): GraphNode => {
    const stays = Array.from({ length: config.nHead }, (_, h) =>
      off.some(([layer, head]) => point === `layer${layer}.heads` && head === h) ? 0 : 1,
    );
    const y = stays.includes(0) ? x.mul(GraphNode.constant([config.nHead, 1], stays)) : x;
    points.set(point, y);
    return y;
  };
  const positions = list(tokens.map((_, r) => r));
  const context = { positions, starts: list(tokens.map(() => 0)), ends: list(tokens.map((_, r) => r + 1)), watch };
  gpt(params, list(tokens), context, config);
  const streams = [found(points, "embedding")];
  for (let i = 0; i < config.nLayer; i++) {
    points.set(`layer${i}.attention`, looks(found(points, `layer${i}.q`), found(points, `layer${i}.k`)));
    streams.push(found(points, `layer${i}.mlp`));
  }
  streams.forEach((stream, i) => {
    points.set(`lens${i}`, unembed(stream, params, complete(config)));
  });
  return points;
}

/**
 * The attention weights of q (R, H, D) and k (R, G, D) as (H, R, R): row by row, since each sees only itself and
 * earlier rows.
 */
function looks(q: GraphNode, k: GraphNode): GraphNode {
  const [R = 1, H = 1] = knownShape(q.shape);
  const [, G = H, D = 1] = knownShape(k.shape);
  const queries = q.transpose(0, 1); // (H, R, D)
  const shared = k
    .transpose(0, 1)
    .reshape(G, 1, R, D)
    .expand(G, H / G, R, D);
  const keys = shared.reshape(H, R, D);
  const row = (r: number): GraphNode => {
    const seen = attentionWeights(queries.slice(1, r, r + 1), keys.slice(1, 0, r + 1)); // (H, 1, r + 1)
    const beyond = R - 1 - r;
    return beyond === 0 ? seen : seen.concat(2, seen.constant([H, 1, beyond], new Float64Array(H * beyond)));
  };
  return row(0).concat(1, ...Array.from({ length: R - 1 }, (_, r) => row(r + 1)));
}

function found<T>(map: ReadonlyMap<string, T | undefined>, point: string): T {
  const result = map.get(point);
  if (result === undefined) throw internalError(`nothing was told of ${point}`);
  return result;
}

function checkTokens(tokens: readonly number[], config: GPTConfig): void {
  if (tokens.length === 0) {
    const fix = "pass one, BOS for instance";
    throw mistake("length", "inspect", "at least one token", "none", fix);
  }
  checkLength(tokens.length, config);
  checkIds("inspect", tokens, config.vocabSize, "check the tokens against the vocabulary");
}
