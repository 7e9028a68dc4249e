/**
 * The expensive parts of a GPT that no expression describes well: routines that a backend implements by hand. To the
 * compiler each is a kernel with named tables, a definition and a line of text; nothing else depends on its meaning.
 */

import type { Tensor } from "../tensor/tensor.ts";
import type { Dims } from "../util/shape.ts";
import type { AttentionSizes, Reads, Routine, Routines, Writes } from "./routines.ts";

interface Entry<K extends Routine> {
  /** The loops over its points, for printing. */
  readonly loops: (sizes: Routines[K]["sizes"]) => string;
  /** The tables to print, in that order. */
  readonly shown: readonly Reads<K>[];
  /** The shape of every table, rows first. */
  readonly shapes: (sizes: Routines[K]["sizes"]) => Readonly<Record<Reads<K> | Writes<K>, Dims>>;
  /** Its definition in tensor operations: the oracle for every faster implementation. */
  readonly define: <T extends Tensor<T>>(reads: Readonly<Record<Reads<K>, T>>) => Readonly<Record<Writes<K>, T>>;
}

export const library: { readonly [K in Routine]: Entry<K> } = {
  attention: {
    loops: attentionLoops,
    shown: ["q", "k", "v"],
    shapes: (sizes) => ({ ...attended(sizes), out: attended(sizes).q }),
    define: ({ q, k, v, starts, ends }) => ({ out: q.attention(k, v, starts, ends) }),
  },
  attentionGrad: {
    loops: attentionLoops,
    shown: ["q", "k", "v", "g"],
    shapes: (sizes) => {
      const { q, k, v, ...ranges } = attended(sizes);
      return { q, k, v, ...ranges, g: q, dq: q, dk: k, dv: v };
    },
    define: ({ q, k, v, starts, ends, g }) => {
      const towards = (of: "q" | "k" | "v") => q.apply("attentionGrad", [q, k, v, starts, ends, g], { of });
      return { dq: towards("q"), dk: towards("k"), dv: towards("v") };
    },
  },
};

function attentionLoops({ rows, heads, headDim }: AttentionSizes): string {
  return `for r<${rows} h<${heads} d<${headDim}: `;
}

function attended({ rows, keyRows, heads, kvHeads, headDim }: AttentionSizes) {
  const keys = [keyRows, kvHeads, headDim];
  return { q: [rows, heads, headDim], k: keys, v: keys, starts: [rows], ends: [rows] };
}
