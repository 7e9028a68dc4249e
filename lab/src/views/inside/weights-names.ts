/** Names for the rows and columns of tensors. */

import { nameable } from "../../charts/format.ts";
import { words } from "../../strings.ts";
import type { ModelCard } from "../../worker/reading.ts";

/** A name for each row and each column of a tensor. */
export interface Names {
  readonly row: (i: number) => string;
  readonly column: (i: number) => string;
}

const text = words.weights;

/** @param name as in the checkpoint: `wte`, `layer0.attn_wq` */
export function namesOf(name: string, { config, pieces, bos }: ModelCard): Names {
  const headDim = config.nEmbd / config.nHead;
  const { channel, unit, position } = text;
  const head = (i: number): string => text.head(Math.floor(i / headDim), i % headDim);
  const token = (id: number): string => (id === bos ? words.inside.bos : nameable(pieces[id] ?? ""));
  switch (kindOf(name)) {
    case "wte":
    case "lm_head":
      return { row: token, column: channel };
    case "wpe":
      return { row: position, column: channel };
    case "attn_wq":
    case "attn_wk":
    case "attn_wv":
      return { row: head, column: channel };
    case "attn_wo":
      return { row: channel, column: head };
    case "mlp_fc1":
      return { row: unit, column: channel };
    default:
      return { row: channel, column: unit };
  }
}

/** Without its layer. */
export const kindOf = (name: string): string => name.slice(name.indexOf(".") + 1);

/** Names for cells of `each` entries, starting at entry `first`. */
export function labelsOf(
  name: (i: number) => string,
  count: number,
  first: number,
  each: number,
  size: number,
): string[] {
  return Array.from({ length: count }, (_, i) => {
    const begin = first + i * each;
    const last = Math.min(size, begin + each) - 1;
    return begin === last ? name(begin) : text.through(name(begin), name(last));
  });
}

/** True for a vowel, with or without accents. */
export function isVowel(piece: string): boolean {
  return /^[aeiou]\p{M}*$/iu.test(piece.normalize("NFD"));
}

/** The fewest digits that identify a float32 number; 9 digits for a float64. */
export function exactly(x: number): string {
  if (!Number.isFinite(x)) return "–";
  for (let digits = 1; digits < 9; digits++) {
    const written = x.toPrecision(digits);
    if (Math.fround(Number(written)) === x) return `${Number(written)}`;
  }
  return `${Number(x.toPrecision(9))}`;
}
