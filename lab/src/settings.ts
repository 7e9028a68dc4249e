/** What a run in the lab is made from: what the page's controls say, what is saved with a run and what a link carries. */

import type { DataMode, EngineName, GPTConfig, PresetName, SizeName, TrainingSettings } from "microgpt";

export interface DataChoice {
  /** The id of one of the lab's data sets, or the name of one's own text. */
  readonly name: string;
  /** One's own text; absent for a data set of the lab. */
  readonly text?: string;
  /** How one's own text is read. Default: what it looks like. */
  readonly mode?: DataMode;
  /** The text is not here: a model came without it. Nothing can be trained on it. */
  readonly missing?: true;
}

/** Where sizes and settings come from: what suits the data, a preset or size of the library, or one's own numbers. */
export type SizeChoice = "recommended" | PresetName | SizeName | "custom";

/** How every model of the lab computes: with the same bits in every browser, so that its numbers can be told in advance. */
export const ARITHMETIC = { strict: true } as const;

/** Held out for validation where the settings say nothing. */
export const VAL_FRACTION = 0.1;

/** Sizes and settings that are left out are those of the preset `microgpt`. */
export interface LabSettings {
  readonly data: DataChoice;
  readonly model: Partial<Omit<GPTConfig, "vocabSize">>;
  readonly training: Partial<TrainingSettings>;
  readonly engine: EngineName;
  /** For the menu alone: the numbers above hold. Default `custom`. */
  readonly size?: SizeChoice;
  /** Share of the data held out for validation. Default VAL_FRACTION. */
  readonly valFraction?: number;
}
