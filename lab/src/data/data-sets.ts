/** The lab's own texts, and settings for each that show something within a few seconds. */

import { type Corpus, type DataMode, type Preset, parseDocuments, type TrainingSettings } from "microgpt";
import { ANIMALS } from "./animals.ts";
import { brackets, sums } from "./generated.ts";
import type { DataSetId } from "./ids.ts";
import { PLACES } from "./places.ts";

/** Texts in files of the package; the caller provides a way to load them. */
export interface Texts {
  /** data/ssa-names-2018.txt. */
  readonly names: () => Promise<string> | string;
  /** data/story.txt: few words, often repeated. */
  readonly story: () => Promise<string> | string;
  /** The text of each file of the library's own source. */
  readonly source: () => Promise<readonly string[]> | readonly string[];
}

/** Sizes and settings; missing ones are those of the preset `microgpt`. */
export interface Recommended {
  readonly model: Partial<Preset["model"]>;
  readonly training: Partial<TrainingSettings>;
}

export interface DataSet {
  readonly mode: DataMode;
  load(texts: Texts): Promise<Corpus>;
  readonly recommended: Recommended;
}

/** For running text: two layers that see 48 characters. */
const RUNNING: Recommended = {
  model: { nLayer: 2, nEmbd: 48, blockSize: 48, mlp: "relu2", zeroInit: true },
  training: { batchSize: 8, learningRate: 0.005, schedule: "cosine", beta1: 0.9, weightDecay: 0.1, gradClip: 1 },
};

export const dataSets: { readonly [I in DataSetId]: DataSet } = {
  names: {
    mode: "documents",
    load: async (texts) => names(await texts.names()),
    // microgpt.py's own model, with batches for a lower validation loss: 2.01 instead of 2.36 with one document at a
    // time.
    recommended: { model: {}, training: { numSteps: 5000, batchSize: 16 } },
  },
  places: {
    mode: "documents",
    load: async () => documents("places", listed(PLACES)),
    recommended: { model: {}, training: { numSteps: 2000 } },
  },
  animals: {
    mode: "documents",
    load: async () => documents("animals", listed(ANIMALS)),
    recommended: { model: {}, training: { numSteps: 2000 } },
  },
  sums: {
    mode: "documents",
    load: async () => documents("sums", sums()),
    // It gets 499 of 500 sums right. One layer gets 183 right, the preset's size 4.
    recommended: { model: { nLayer: 2, nEmbd: 32 }, training: { numSteps: 5000, batchSize: 32 } },
  },
  brackets: {
    mode: "documents",
    load: async () => documents("brackets", brackets()),
    recommended: { model: {}, training: { numSteps: 3000, batchSize: 4 } },
  },
  story: {
    mode: "stream",
    load: async (texts) => ({ name: "story", mode: "stream", docs: [await texts.story()] }),
    recommended: { ...RUNNING, training: { ...RUNNING.training, numSteps: 1500 } },
  },
  source: {
    mode: "stream",
    load: async (texts) => ({ name: "source", mode: "stream", docs: await texts.source() }),
    recommended: { ...RUNNING, training: { ...RUNNING.training, numSteps: 2000 } },
  },
};

/** The names of data/ssa-names-2018.txt, called `names`. */
export function names(text: string): Corpus {
  return { ...parseDocuments("names", text), mode: "documents" };
}

function documents(name: DataSetId, docs: readonly string[]): Corpus {
  return { name, mode: "documents", docs };
}

/** The items between commas, regardless of line breaks. */
function listed(text: string): string[] {
  return text.trim().split(/,\s*/);
}
