/** Flags that people know from nanoGPT, PyTorch and Hugging Face, and their equivalents here. */

import { DATASETS } from "../../node.ts";
import { quote } from "../shell.ts";

/** Synonyms of flags. */
export const ALIASES: { readonly [alias: string]: string } = {
  ...all("num_steps", "max_iters steps max_steps iters iterations n_steps train_steps training_steps"),
  ...all("learning_rate", "lr"),
  ...all("batch_size", "batch bs per_device_train_batch_size"),
  ...all("n_layer", "n_layers num_layers layers num_hidden_layers"),
  ...all("n_head", "n_heads num_heads heads num_attention_heads"),
  ...all("n_embd", "n_embed embd d_model hidden_size"),
  ...all("mlp", "activation activation_function hidden_act"),
  ...all("n_inner", "intermediate_size d_ff ffn_dim"),
  ...all("n_kv_head", "n_kv_heads num_kv_heads num_key_value_heads"),
  ...all("norm_eps", "rms_norm_eps layer_norm_eps layer_norm_epsilon"),
  ...all("rope_theta", "rope_base"),
  ...all("tied", "tie_word_embeddings tie_weights weight_tying"),
  ...all("block_size", "context context_length ctx n_ctx seq_len seq_length max_seq_len"),
  ...all("warmup_iters", "warmup warmup_steps num_warmup_steps"),
  ...all("weight_decay", "wd"),
  ...all("grad_clip", "clip clip_grad max_grad_norm gradient_clip_val"),
  ...all("gradient_accumulation_steps", "accumulation_steps grad_accum grad_accum_steps"),
  ...all("eval_interval", "eval_every eval_steps"),
  ...all("save_interval", "save_every save_steps"),
  ...all("log_interval", "log_every logging_steps"),
  ...all("val_fraction", "val_split validation_split test_size"),
  ...all("schedule", "lr_scheduler_type lr_schedule"),
  ...all("seed", "random_seed"),
  ...all("label", "run_name wandb_run_name"),
  ...all("out", "output output_file save save_to"),
  ...all("start", "prompt prefix"),
  ...all("num_samples", "samples n_samples num_return_sequences"),
  ...all("max_new_tokens", "max_tokens n_predict max_length length"),
  ...all("temperature", "temp"),
  ...all("top_k", "topk"),
  ...all("top_p", "topp"),
  ...all("min_p", "minp"),
};

/** Flags of other programs for values that are arguments here, by the argument's name. */
export const ARGUMENTS: { readonly [argument: string]: readonly string[] } = {
  model: ["model", "checkpoint", "ckpt", "model_path"],
  files: ["file", "files", "input", "input_file", "train_file", "text_file", "data_path"],
};

/** A flag that microgpt does not have. */
export interface Foreign {
  /** True if the value asks only for what microgpt does anyway. */
  readonly same?: (value: string, others: readonly string[]) => boolean;
  /** The line to type instead. */
  readonly answer: (value: string, command: string) => string;
}

const matches =
  (pattern: RegExp) =>
  (value: string): boolean =>
    pattern.test(value);
const YES = matches(/^(true|yes|1|)$/i);
const NO = matches(/^(false|no|none|0)$/i);
const EITHER = (value: string): boolean => YES(value) || NO(value);

const leave = (why: string) => (): string => `leave it out: ${why}`;
const PROCESSOR = leave("microgpt runs on the processor and needs no GPU");
const METRICS = leave("microgpt runs shows the metrics of all runs; --tensorboard writes them for TensorBoard too");
const EPOCHS = (): string =>
  "give --num_steps N or --minutes M; --dry_run shows how many passes over the data that makes";
const SAMPLING = ["sample", "chat"];

export const FOREIGN: { readonly [flag: string]: Foreign } = {
  device: { same: matches(/^cpu$/i), answer: PROCESSOR },
  ...each("gpu gpus cuda mps fp16 bf16 backend", { same: NO, answer: PROCESSOR }),
  ...each("no_cuda use_cpu cpu", { same: YES, answer: PROCESSOR }),
  dtype: {
    same: matches(/^(float32|fp32)$/i),
    answer: leave("the wasm engine takes float32, --engine scalar float64"),
  },
  compile: { same: EITHER, answer: leave("every step is compiled anyway") },
  always_save_checkpoint: { same: EITHER, answer: leave("the model is always saved") },
  eval_only: { same: NO, answer: () => "type microgpt eval FILE --model MODEL" },
  ...each("wandb wandb_log report_to log_dir logging_dir wandb_project", { same: NO, answer: METRICS }),
  ...each("epoch epochs num_epochs n_epochs max_epochs num_train_epochs", { answer: EPOCHS }),
  decay_lr: { same: YES, answer: () => "type --schedule constant" },
  lr_decay_iters: { same: isNumSteps, answer: leave("the learning rate falls until the last step") },
  optimizer: { same: matches(/^adamw?$/i), answer: leave("it is AdamW") },
  out_dir: {
    answer: (value, command) =>
      SAMPLING.includes(command)
        ? `type microgpt ${command} ${value}/model.safetensors`
        : `a model is one file: --out ${value}/model.safetensors`,
  },
  dataset: {
    answer: (value) =>
      DATASETS.some((name) => name === value) ? `type --data ${value}` : `name the text: microgpt train ${value}.txt`,
  },
  ...each("prompt start", { answer: (value) => `train first, then type microgpt sample --start ${quote(value)}` }),
};

/**
 * nanoGPT's values of --init_from, which takes a file here: for train, and for sample, which takes the newest model
 * anyway.
 */
export const INIT_FROM: Foreign = {
  same: matches(/^scratch$/),
  answer: (value) =>
    value === "resume"
      ? "type microgpt train --resume model.safetensors, the model whose run to continue"
      : "leave it out: only models that microgpt saved can be trained on",
};
export const SAMPLED_FROM: Foreign = {
  same: matches(/^(scratch|resume)$/),
  answer: leave("only models that microgpt saved can be sampled from"),
};

/** nanoGPT's lr_decay_iters is the end of the decay; here it always ends with the last step. */
function isNumSteps(value: string, args: readonly string[]): boolean {
  return args.some(
    (arg, i) => /^--(max_iters|num_steps)(=|$)/.test(arg) && (arg.split("=")[1] ?? args[i + 1]) === value,
  );
}

function all(flag: string, aliases: string): Record<string, string> {
  return Object.fromEntries(aliases.split(" ").map((alias) => [alias, flag]));
}

function each(flags: string, foreign: Foreign): Record<string, Foreign> {
  return Object.fromEntries(flags.split(" ").map((flag) => [flag, foreign]));
}
