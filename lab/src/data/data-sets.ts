/** The texts that the lab brings along, and what to train on each so that something is to be seen in a few seconds. */

import { type Corpus, type DataMode, type Preset, parseDocuments, type TrainingSettings } from "microgpt";
import { ANIMALS } from "./animals.ts";
import { brackets, sums } from "./generated.ts";
import type { DataSetId } from "./ids.ts";
import { PLACES } from "./places.ts";

/** What stands in files of the package: whoever asks for a data set knows how to come by them. */
export interface Texts {
  /** data/ssa-names-2018.txt. */
  readonly names: () => Promise<string> | string;
  /** data/story.txt: few words, which come back often. */
  readonly story: () => Promise<string> | string;
  /** The library's own source: each file's text. */
  readonly source: () => Promise<readonly string[]> | readonly string[];
}

/** Sizes and settings; what is left out is as in the preset `microgpt`. */
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
  model: { nLayer: 2, nEmbd: 48, blockSize: 48, activation: "reluSquared", zeroInit: true },
  training: { batchSize: 8, learningRate: 0.005, schedule: "cosine", beta1: 0.9, weightDecay: 0.1, gradClip: 1 },
};

export const dataSets: { readonly [I in DataSetId]: DataSet } = {
  names: {
    mode: "documents",
    load: async (texts) => names(await texts.names()),
    // microgpt.py's own model, in batches so that it gets further: 2.01 on the validation data, where one at a time makes 2.36.
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
    // Of 500 sums that it writes 499 are right. With one layer 183 are, with the preset's size 4.
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

/** What stands between commas, however it was broken into lines. */
function listed(text: string): string[] {
  return text.trim().split(/,\s*/);
}
