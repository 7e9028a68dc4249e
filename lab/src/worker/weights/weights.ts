/**
 * The reader's part for the weight panels: the numbers of one tensor, or their gradient, as a picture and as counts;
 * the same for other moments; and embeddings in two dimensions. V vocabulary, C channels.
 */

import {
  type Checkpoint,
  decodeCheckpoint,
  type GPTConfig,
  MicrogptError,
  namedParams,
  paramShapes,
  type Weights,
} from "microgpt";
import { ARITHMETIC } from "../../settings.ts";
import { batchOf } from "./batch.ts";
import { type Neighbour, neighboursOf } from "./neighbours.ts";
import { pca } from "./pca.ts";
import { type Picture, partAround, pictureOf } from "./picture.ts";
import { type Tally, tallyOf } from "./tally.ts";

/** The numbers of a model to show: the weights, or the gradient of the loss of some texts of the data. */
export interface Numbers {
  readonly kind: "weights" | "gradient";
  /** Documents, or the beginning of a running text. */
  readonly texts: readonly string[];
}

/** A tensor by its name in the checkpoint, and the entry around which it is shown; without an entry, the whole. */
export interface Subject extends Numbers {
  readonly name: string;
  readonly around?: { readonly row: number; readonly column: number } | undefined;
}

export interface TensorView extends Picture {
  /** The position of the picture's first entry. */
  readonly firstRow: number;
  readonly firstColumn: number;
  /** Rows and columns of the whole tensor. */
  readonly size: readonly [number, number];
  /** Of the whole tensor. */
  readonly tally: Tally;
  /** Mean loss of the texts in nats per token, if their gradient is shown. */
  readonly loss?: number;
}

/** Rows of a tensor on the two axes of largest variance. */
export interface Plane {
  /** (rows, 2) */
  readonly points: Float64Array;
  readonly shares: Float64Array;
}

export function weightsAPI(reading: { readonly checkpoint: Checkpoint }) {
  /** Gradients are requested tensor by tensor, but computed for all of them at once. */
  let kept: { readonly of: Checkpoint; readonly key: string; readonly found: Promise<Found> } | undefined;

  const numbers = ({ kind, texts }: Numbers): Promise<Found> => {
    const of = reading.checkpoint;
    if (kind === "weights") return Promise.resolve({ weights: of.model.state().weights });
    const key = JSON.stringify(texts);
    if (kept?.of !== of || kept.key !== key) kept = { of, key, found: gradientOf(of, texts) };
    return kept.found;
  };
  const rowsOf = (name: string): Float32Array | Float64Array =>
    tensorOf(reading.checkpoint.model.state().weights, name);

  return {
    /** Errors: a tensor that the model lacks; no text that the vocabulary can spell; those of `GPT.gradients`. */
    async view({ name, around, ...what }: Subject): Promise<TensorView> {
      const { weights, loss } = await numbers(what);
      const data = tensorOf(weights, name);
      const shape = shapeOf(reading.checkpoint.model.config, name);
      const about = { size: shape, tally: tallyOf(data), ...(loss !== undefined && { loss }) };
      if (around === undefined) return { ...pictureOf(data, ...shape), firstRow: 0, firstColumn: 0, ...about };
      const part = partAround(shape, around.row, around.column);
      const cells = data.slice(0, part.rows * part.columns);
      for (let row = 0; row < part.rows; row++) {
        const start = (part.row + row) * shape[1] + part.column;
        cells.set(data.subarray(start, start + part.columns), row * part.columns);
      }
      const picture = pictureOf(cells, part.rows, part.columns);
      return { ...picture, firstRow: part.row, firstColumn: part.column, ...about };
    },

    /**
     * The counts of every tensor of another model, without replacing the current one. Errors: those of a checkpoint and
     * of `view`.
     */
    async tallies(bytes: Uint8Array, { kind, texts }: Numbers): Promise<ReadonlyMap<string, Tally>> {
      const checkpoint = decodeCheckpoint("the moment", bytes, ARITHMETIC);
      const { weights } =
        kind === "weights" ? { weights: checkpoint.model.state().weights } : await gradientOf(checkpoint, texts);
      return new Map(namedParams(weights).map(([name, data]) => [name, tallyOf(data)]));
    },

    /** Errors: a tensor that the model lacks. */
    plane(name: string): Plane {
      const [rows] = shapeOf(reading.checkpoint.model.config, name);
      const { points, shares } = pca(rowsOf(name), rows);
      return { points, shares };
    },

    /** The rows most similar in direction to one of them, nearest first. Errors: a tensor that the model lacks. */
    neighbours(name: string, row: number, count: number): Neighbour[] {
      const [rows] = shapeOf(reading.checkpoint.model.config, name);
      return neighboursOf(rowsOf(name), rows, row, count);
    },
  };
}

interface Found {
  readonly weights: Weights;
  readonly loss?: number;
}

async function gradientOf(checkpoint: Checkpoint, texts: readonly string[]): Promise<Found> {
  const { model } = checkpoint;
  try {
    const { gradients, loss } = await model.gradients(batchOf(checkpoint, texts));
    return { weights: gradients, loss };
  } finally {
    model.dispose();
  }
}

function tensorOf(weights: Weights, name: string): Float32Array | Float64Array {
  return find(namedParams(weights), name);
}

function shapeOf(config: GPTConfig, name: string): readonly [number, number] {
  const [rows = 0, columns = 0] = find(namedParams(paramShapes(config)), name);
  return [rows, columns];
}

function find<T>(pairs: readonly [name: string, value: T][], name: string): T {
  const found = pairs.find(([other]) => other === name)?.[1];
  if (found !== undefined) return found;
  throw new MicrogptError({
    code: "choice",
    operation: "look inside",
    expected: `one of ${pairs.map(([other]) => other).join(", ")}`,
    got: name,
    fix: "choose another tensor",
  });
}
