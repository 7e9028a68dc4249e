import type { Dim } from "../util/dim.ts";

/** Rows in a buffer: entry c of row r is at offset + r · stride + c. */
export interface Table<Buffer> {
  readonly buffer: Buffer;
  readonly offset: number;
  readonly stride: number;
}

/** R rows of queries with H heads of D channels, S rows of keys and values with G heads; H is a multiple of G. */
export interface AttentionSizes {
  readonly rows: Dim;
  readonly keyRows: Dim;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
}

/** The routines of the library: the parameters of each, and the tables that it reads and writes. */
export interface Routines {
  /** Row r of q attends to rows starts[r] to ends[r] - 1 of k and v; head h to their head floor(h G / H). */
  attention: { sizes: AttentionSizes; reads: "q" | "k" | "v" | "starts" | "ends"; writes: "out" };
  /** The gradients of all three operands in one pass, from that of the result, g. */
  attentionGrad: {
    sizes: AttentionSizes;
    reads: "q" | "k" | "v" | "starts" | "ends" | "g";
    writes: "dq" | "dk" | "dv";
  };
}

export type Routine = keyof Routines;
export type Reads<K extends Routine> = Routines[K]["reads"];
export type Writes<K extends Routine> = Routines[K]["writes"];
