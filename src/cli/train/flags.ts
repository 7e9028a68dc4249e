import {
  type DataMode,
  MODEL_SETTINGS,
  type Model,
  type PresetName,
  type SizeName,
  type TokenizerKind,
  TRAINING_SETTINGS,
  type TrainingSettings,
} from "../../index.ts";
import type { Dataset } from "../../node.ts";
import type { EngineFlags } from "../flags/engine.ts";
import { type Typed, typedOf } from "../flags/settings.ts";

/** The flags of `microgpt train`, by nanoGPT's names: the settings and these. Undefined means not typed. */
export interface TrainFlags extends EngineFlags, Typed<Model>, Typed<TrainingSettings> {
  readonly data?: Dataset;
  readonly cache_dir?: string;
  readonly mode?: DataMode;
  readonly field?: string;
  readonly column?: string;
  readonly val_fraction?: number;
  readonly tokenizer?: TokenizerKind | string;
  readonly vocab_size?: number;

  readonly preset?: PresetName | SizeName | "auto";
  readonly minutes?: number;

  readonly resume?: string;
  readonly init_from?: string;
  readonly out?: string;
  readonly label?: string;
  readonly save_interval?: number;
  readonly sample_interval?: number;
  readonly log_interval?: number;
  readonly tensorboard?: true;
  readonly dry_run?: true;
  readonly distributed?: "mpi";

  readonly num_samples?: number;
  readonly temperature?: number;
}

/** The model settings that were typed. */
export function typedModel(flags: Typed<Model>): Partial<Model> {
  return typedOf(MODEL_SETTINGS, flags);
}

/** The training settings that were typed. */
export function typedTraining(flags: Typed<TrainingSettings>): Partial<TrainingSettings> {
  return typedOf(TRAINING_SETTINGS, flags);
}
