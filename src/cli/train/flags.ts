import type {
  DataMode,
  GPTConfig,
  PresetName,
  Schedule,
  SizeName,
  TokenizerKind,
  TrainingSettings,
} from "../../index.ts";
import type { Dataset } from "../../node.ts";
import type { EngineFlags } from "../flags/engine.ts";
import { typed } from "../flags/engine.ts";

/** The flags of `microgpt train`, by nanoGPT's names. What is undefined was not typed. */
export interface TrainFlags extends EngineFlags {
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
  readonly activation?: "relu" | "reluSquared";
  readonly init_std?: number;
  readonly zero_init?: boolean;

  readonly num_steps?: number;
  readonly batch_size?: number;
  readonly gradient_accumulation_steps?: number;
  readonly learning_rate?: number;
  readonly schedule?: Schedule;
  readonly warmup_iters?: number;
  readonly min_lr?: number;
  readonly beta1?: number;
  readonly beta2?: number;
  readonly weight_decay?: number;
  readonly grad_clip?: number;
  readonly dropout?: number;
  readonly eval_interval?: number;
  readonly eval_iters?: number;
  readonly patience?: number;
  readonly seed?: number;

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

/** The sizes and the kind of the model that were typed. */
export function typedModel(flags: TrainFlags): Partial<Omit<GPTConfig, "vocabSize">> {
  const { n_layer: nLayer, n_head: nHead, n_embd: nEmbd, block_size: blockSize, activation } = flags;
  const { init_std: initStd, zero_init: zeroInit } = flags;
  return typed({ nLayer, nHead, nEmbd, blockSize, activation, initStd, zeroInit });
}

/** The training settings that were typed. */
export function typedTraining(flags: TrainFlags): Partial<TrainingSettings> {
  const { num_steps: numSteps, batch_size: batchSize, learning_rate: learningRate, schedule, beta1, beta2 } = flags;
  const { gradient_accumulation_steps: gradientAccumulationSteps, warmup_iters: warmupIters, min_lr: minLr } = flags;
  const { weight_decay: weightDecay, grad_clip: gradClip, dropout, patience, seed } = flags;
  const { eval_interval: evalInterval, eval_iters: evalIters } = flags;
  const steps = { numSteps, batchSize, gradientAccumulationSteps, evalInterval, evalIters, patience, seed };
  const optimizer = { learningRate, schedule, warmupIters, minLr, beta1, beta2, weightDecay, gradClip, dropout };
  return typed({ ...steps, ...optimizer });
}
