/**
 * The reader's part for the view "Look inside". Each question names its text, so that no answer depends on an earlier
 * question. R tokens, C channels, H heads, V vocabulary; numbers for pictures are float32, since there are many.
 */

import { type Checkpoint, type Inspection, inspect, MicrogptError } from "microgpt";
import { type Lens, lengthsOf, lensOf, lossesOf, row, type Stream, streamsOf } from "./numbers.ts";
import { type Read, readText } from "./text.ts";

/** A head by layer and number, from 0. */
export type HeadName = readonly [layer: number, head: number];

/** A text, and the heads that are switched off. */
export interface Subject {
  readonly text: string;
  readonly off: readonly HeadName[];
}

/** A text as the model reads it, and how well it predicts each token. */
export interface Look extends Subject, Read {
  /** (R) in nats, of each token given those before it; NaN for the first, which is not predicted. */
  readonly losses: Float64Array;
  /** The same with all heads on, if some are off. */
  readonly allOn?: Float64Array;
}

/** The logits (V) of the token after a position. */
export interface Next {
  readonly logits: Float64Array;
  /** The same with all heads on, if some are off. */
  readonly allOn?: Float64Array;
}

/** Number of cached inspections: of a text with heads off, and with all on. */
const KEPT = 2;

export function insideAPI(reading: { readonly checkpoint: Checkpoint }) {
  /** The most recently used one comes first. */
  let kept: readonly { readonly of: Checkpoint; readonly key: string; readonly inspection: Inspection }[] = [];

  const inspected = ({ text, off }: Subject): Inspection => {
    const of = reading.checkpoint;
    const key = JSON.stringify([text, off]);
    const found = kept.find((one) => one.of === of && one.key === key);
    const inspection = found?.inspection ?? inspect(of.model.state(), readText(of, text).tokens, { off });
    kept = [{ of, key, inspection }, ...kept.filter((one) => one !== found)].slice(0, KEPT);
    return inspection;
  };
  const allOn = ({ text, off }: Subject): Inspection | undefined =>
    off.length === 0 ? undefined : inspected({ text, off: [] });

  return {
    /** Errors: text that the vocabulary cannot spell; running text without a character; a model that has diverged. */
    look(subject: Subject): Look {
      const read = readText(reading.checkpoint, subject.text);
      const before = allOn(subject);
      const losses = lossesOf(inspected(subject));
      return { ...subject, ...read, losses, ...(before && { allOn: lossesOf(before) }) };
    },

    next(subject: Subject, position: number): Next {
      const of = ({ logits, tokens }: Inspection): Float64Array => row(logits, position, tokens.length).slice();
      const before = allOn(subject);
      return { logits: of(inspected(subject)), ...(before && { allOn: of(before) }) };
    },

    /** (H, R, R) of each layer. */
    attention: (subject: Subject): Float32Array[] =>
      inspected(subject).layers.map(({ attention }) => Float32Array.from(attention)),

    lens: (subject: Subject): Lens => lensOf(inspected(subject)),

    /** The residual stream after a number of half layers: 0 is the input of the first layer. */
    stream(subject: Subject, halves: number): Stream {
      const inspection = inspected(subject);
      const streams = streamsOf(inspection);
      return {
        data: Float32Array.from(entry(streams, halves, "half of a layer")),
        lengths: lengthsOf(streams, inspection.tokens.length),
      };
    },

    /** The units (R, 4C) of a layer's MLP. */
    hidden: (subject: Subject, layer: number): Float32Array =>
      Float32Array.from(entry(inspected(subject).layers, layer, "layer").hidden),
  };
}

function entry<T>(list: readonly T[], index: number, what: string): T {
  const found = list[index];
  if (found !== undefined) return found;
  throw new MicrogptError({
    code: "id",
    operation: "look inside",
    expected: `a ${what} from 0 to ${list.length - 1}`,
    got: `${index}`,
    fix: "choose another",
  });
}
