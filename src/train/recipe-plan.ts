/** The inputs of a recipe, and the resulting plan. */

import type { DataMode } from "../data/corpus.ts";
import type { Preset } from "./presets.ts";
import type { TrainingSettings } from "./settings.ts";
import type { SizeName } from "./sizes.ts";

/**
 * The properties of the data that a recipe depends on, in predicted tokens; for a document, those after its first BOS.
 */
export interface DataFacts {
  readonly mode: DataMode;
  readonly trainTokens: number;
  /** 0 if nothing is held out. */
  readonly valTokens: number;
  readonly numDocs: number;
  /** 99 of 100 documents have this many or fewer. */
  readonly mostDocTokens: number;
  readonly longestDocTokens: number;
  readonly vocabSize: number;
}

/** Values that the recipe must keep. */
export interface RecipeOptions {
  readonly size?: SizeName;
  readonly model?: Partial<Preset["model"]>;
  readonly training?: Partial<TrainingSettings>;
}

/** A size, fitted to the data and the time. */
export interface Plan {
  readonly size: SizeName;
  readonly model: Preset["model"];
  readonly params: number;
  readonly batchSize: number;
  readonly tokensPerStep: number;
  readonly secondsPerStep: number;
  readonly numSteps: number;
  /** Tokens that the time allows, and the data. */
  readonly byTime: number;
  readonly byData: number;
}
