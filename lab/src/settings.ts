/** What a run in the lab is made from: what the page's controls say, what is saved with a run and what a link carries. */

import type { DataMode, EngineName, GPTConfig, TrainingSettings } from "microgpt";

export interface DataChoice {
  /** The id of one of the lab's data sets, or the name of one's own text. */
  readonly name: string;
  /** One's own text; absent for a data set of the lab. */
  readonly text?: string;
  /** How one's own text is read. Default: what it looks like. */
  readonly mode?: DataMode;
}

/** Sizes and settings that are left out are those of the preset `microgpt`. */
export interface LabSettings {
  readonly data: DataChoice;
  readonly model: Partial<Omit<GPTConfig, "vocabSize">>;
  readonly training: Partial<TrainingSettings>;
  readonly engine: EngineName;
  /** Share of the data held out for validation. Default 0.1. */
  readonly valFraction?: number;
}
