import {
  type DataMode,
  type GPTConfig,
  type PresetName,
  type SizeName,
  type TokenizerKind,
  TRAINING_SETTINGS,
  type TrainingSettings,
} from "../../index.ts";
import type { Dataset } from "../../node.ts";
import type { EngineFlags } from "../flags/engine.ts";
import { typed } from "../flags/engine.ts";
import { type Typed, typedOf } from "../flags/settings.ts";

/** The flags of `microgpt train`, by nanoGPT's names: the training settings and these. Undefined means not typed. */
export interface TrainFlags extends EngineFlags, Typed<TrainingSettings> {
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
  readonly n_layer?: number;
  readonly n_head?: number;
  readonly n_embd?: number;
  readonly block_size?: number;
  readonly mlp?: GPTConfig["mlp"];
  readonly init_std?: number;
  readonly zero_init?: boolean;

  readonly resume?: string;
  readonly init_from?: string;
  readonly out?: string;
  readonly label?: string;
  readonly save_interval?: number;
  readonly sample_interval?: number;
  readonly log_interval?: number;
  readonly tensorboard?: true;
  readonly dry_run?: true;

  readonly num_samples?: number;
  readonly temperature?: number;
}

/** The model settings that were typed. */
export function typedModel(flags: TrainFlags): Partial<Omit<GPTConfig, "vocabSize">> {
  const { n_layer: nLayer, n_head: nHead, n_embd: nEmbd, block_size: blockSize, mlp } = flags;
  const { init_std: initStd, zero_init: zeroInit } = flags;
  return typed({ nLayer, nHead, nEmbd, blockSize, mlp, initStd, zeroInit });
}

/** The training settings that were typed. */
export function typedTraining(flags: TrainFlags): Partial<TrainingSettings> {
  return typedOf(TRAINING_SETTINGS, flags);
}
