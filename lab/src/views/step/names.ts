/** Names for parts, shapes and entries of a training step on the page. */

import type { Shape } from "microgpt";
import { words } from "../../strings.ts";
import type { Part } from "./outline.ts";

const w = words.step.diagram;

/** A part's name inside its group: `layer 0`, `attention`, `attn_wq`. */
export function partName({ kind, name }: Part): string {
  const [, layer, rest] = /^layer(\d+)(?:\.(.*))?$/.exec(name) ?? [];
  const inside = rest ?? name;
  if (layer !== undefined && rest === undefined) return w.layer(layer);
  const groups: Readonly<Record<string, string>> = w.groups;
  return kind === "group" ? (groups[inside] ?? inside) : inside;
}

/** `5 × 16`; empty for a scalar. */
export function shapeText(shape: Shape): string {
  return shape.length === 0 ? w.scalar : shape.join(" × ");
}

/** A tensor as a table: its first axis down, the others across. */
export interface Table {
  readonly rows: number;
  readonly columns: number;
  readonly rowLabels: readonly string[];
  readonly columnLabels: readonly string[];
}

/**
 * The layout of a step's tensor. `tokens` are the document's ids and `pieces` all tokens in readable form: rows of the
 * document are named by its tokens, rows of the vocabulary by its pieces.
 */
export function tableOf(name: string, shape: Shape, tokens: readonly number[], pieces: readonly string[]): Table {
  const pieceOf = (id: number): string => pieces[id] || "BOS";
  const isVocabulary = name === "wte" || name === "lm_head";
  const seen = tokens.slice(0, -1).map(pieceOf);
  if (name === "losses") {
    const columnLabels = seen.map((piece, i) => `${piece}→${pieceOf(tokens[i + 1] ?? -1)}`);
    return { rows: 1, columns: shape[0] ?? 1, rowLabels: [name], columnLabels };
  }
  const [rows = 1, ...across] = shape;
  const columns = across.reduce((product, n) => product * n, 1);
  const isWeight = isVocabulary || name === "wpe" || /attn_w|mlp_fc/.test(name);
  const ids = Array.from({ length: isVocabulary ? rows : 0 }, (_, id) => id);
  return {
    rows,
    columns,
    rowLabels: isVocabulary ? ids.map(pieceOf) : isWeight || shape.length === 0 ? [] : seen,
    columnLabels: name === "logits" ? Array.from({ length: columns }, (_, id) => pieceOf(id)) : headLabels(across),
  };
}

function headLabels(across: readonly number[]): string[] {
  const [heads, dims] = across;
  if (heads === undefined || dims === undefined) return [];
  return Array.from({ length: heads * dims }, (_, i) => `${Math.floor(i / dims)}.${i % dims}`);
}

/** The names of a tensor's axes, if it has any. */
export function axesText(name: string, shape: Shape): string | undefined {
  const axes = words.step.tensor.axes;
  if (shape.length === 0) return undefined;
  if (/attn_w|mlp_fc/.test(name)) return axes.weight;
  if (name === "wte" || name === "lm_head") return axes.vocabulary;
  if (name === "wpe") return axes.positions;
  if (name === "losses") return axes.tokens;
  if (name === "logits") return axes.logits;
  return shape.length === 3 ? axes.heads : axes.channels;
}

/** A number of paths: a count, or a power of ten. */
export function pathCount(count: number): string {
  if (!Number.isFinite(count)) return "> 1e308";
  return count < 1e9 ? count.toLocaleString("en") : `≈ ${count.toExponential(1)}`;
}
