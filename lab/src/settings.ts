/** The settings of a run in the lab: edited by the page's controls, saved with a run, and carried by a link. */

import type { DataMode, EngineName, GPTConfig, PresetName, SizeName, TrainingSettings } from "microgpt";

export interface DataChoice {
  /** The id of one of the lab's data sets, or the name of the user's own text. */
  readonly name: string;
  /** The user's own text; absent for a data set of the lab. */
  readonly text?: string;
  /** The mode of the user's own text. Default: chosen by its appearance. */
  readonly mode?: DataMode;
  /** Set if the text is missing because a model came without it. It cannot be trained further. */
  readonly missing?: true;
}

/** The origin of sizes and settings: recommended for the data, a preset or size of the library, or custom numbers. */
export type SizeChoice = "recommended" | PresetName | SizeName | "custom";

/** Every model of the lab computes with the same bits in every browser, so that its numbers are predictable. */
export const ARITHMETIC = { strict: true } as const;

/** The default share of data held out for validation. */
export const VAL_FRACTION = 0.1;

/** Missing sizes and settings are those of the preset `microgpt`. */
export interface LabSettings {
  readonly data: DataChoice;
  readonly model: Partial<Omit<GPTConfig, "vocabSize">>;
  readonly training: Partial<TrainingSettings>;
  readonly engine: EngineName;
  /** Only for the menu: the numbers above apply. Default `custom`. */
  readonly size?: SizeChoice;
  /** Share of the data held out for validation. Default VAL_FRACTION. */
  readonly valFraction?: number;
}
