/** The flags of `train`, some of which other commands share. */

import {
  ACTIVATIONS,
  DEFAULT_SECONDS,
  ENGINES,
  estimateStepSeconds,
  PRESET_NAMES,
  type Preset,
  presets,
  recipeFor,
  SCHEDULES,
  SIZE_NAMES,
} from "../../index.ts";
import { DATASETS } from "../../node.ts";
import { TEXT_FLAGS, TOKENIZER_FLAGS } from "../flags/data.ts";
import { among, anySeed, asTyped, atLeast, type Group, type Row } from "../flags/row.ts";
import { TEMPERATURE } from "../flags/sampling.ts";
import { fraction, numberFromZero, positiveNumber, yesOrNo } from "../flags/usage.ts";

const TO_A_FILE = "to train on a file, leave --data out: microgpt train my-text.txt";

export const DATA: readonly Row[] = [
  ["data <name>", "ssa: 32,257 names, packaged; names: microgpt.py's own, downloaded once", among(DATASETS, TO_A_FILE)],
  ["cache_dir <folder>", "where downloads are kept (default: $MICROGPT_CACHE_DIR, or your cache folder)", asTyped],
  ...TEXT_FLAGS,
  ["val_fraction <x>", "share held out for validation (default: 0.1; 0 in microgpt.py's presets)", fraction],
  ...TOKENIZER_FLAGS,
];

/** Recipes for little data and for much: what they have in common is a default, the rest depends on the data. */
const RECIPES: readonly Preset[] = SIZE_NAMES.flatMap((size) => {
  const few = { mode: "stream", trainTokens: 1e3, mostDocTokens: 1e3, longestDocTokens: 1e3, numDocs: 1 } as const;
  const many = { mode: "documents", trainTokens: 1e7, mostDocTokens: 8, longestDocTokens: 8, numDocs: 1e6 } as const;
  return [few, many].map((facts) =>
    recipeFor({ ...facts, valTokens: 100, vocabSize: 64 }, DEFAULT_SECONDS, estimateStepSeconds, { size }),
  );
});

const ALL_PRESETS = ["auto", ...SIZE_NAMES, ...PRESET_NAMES];

export const SIZES: readonly Row[] = [
  [
    "preset <name>",
    `one of ${ALL_PRESETS.join(", ")} (default: auto for your own text, microgpt for the names)`,
    among(ALL_PRESETS),
  ],
  ["minutes <x>", "time that auto and the sizes plan for (default: 1)", positiveNumber],
  ["n_layer <n>", byPreset("transformer layers", ({ model }) => model.nLayer), atLeast(1)],
  ["n_head <n>", byPreset("attention heads, a divisor of n_embd", ({ model }) => model.nHead), atLeast(1)],
  ["n_embd <n>", byPreset("channels", ({ model }) => model.nEmbd), atLeast(1)],
  ["block_size <n>", byPreset("longest context, in tokens", ({ model }) => model.blockSize), atLeast(1)],
];

export const INIT: readonly Row[] = [
  [
    "activation <name>",
    byPreset("what follows the MLP's first matrix: relu or reluSquared", ({ model }) => model.activation),
    among(ACTIVATIONS),
  ],
  ["init_std <x>", byPreset("standard deviation of the first weights", ({ model }) => model.initStd), numberFromZero],
  [
    "zero_init <yes|no>",
    byPreset("whether attn_wo and mlp_fc2 begin at 0", ({ model }) => (model.zeroInit ? "yes" : "no")),
    yesOrNo,
  ],
];

export const SETTINGS: readonly Row[] = [
  ["num_steps <n>", byPreset("training steps, also --max_iters", ({ training }) => training.numSteps), atLeast(1)],
  [
    "batch_size <n>",
    byPreset("documents, or windows, that go through the model at once", ({ training }) => training.batchSize),
    atLeast(1),
  ],
  ["gradient_accumulation_steps <n>", "batches in each step (default: 1)", atLeast(1)],
  ["learning_rate <x>", byPreset("the highest learning rate", ({ training }) => training.learningRate), positiveNumber],
  [
    "schedule <name>",
    byPreset(`how the learning rate falls: ${SCHEDULES.join(", ")}`, ({ training }) => training.schedule),
    among(SCHEDULES),
  ],
  [
    "warmup_iters <n>",
    byPreset("steps in which the learning rate rises first", ({ training }) => training.warmupIters),
    atLeast(0),
  ],
  ["min_lr <x>", byPreset("what the learning rate falls to", ({ training }) => training.minLr), numberFromZero],
  ["beta1 <x>", byPreset("Adam's decay of the mean gradient", ({ training }) => training.beta1), fraction],
  ["beta2 <x>", byPreset("Adam's decay of the mean squared gradient", ({ training }) => training.beta2), fraction],
  [
    "weight_decay <x>",
    byPreset(
      "AdamW's: what a weight loses each step is this times the learning rate",
      ({ training }) => training.weightDecay,
    ),
    numberFromZero,
  ],
  [
    "grad_clip <x>",
    byPreset("most that the gradient's norm may be, 0 for no limit", ({ training }) => training.gradClip),
    numberFromZero,
  ],
  [
    "dropout <x>",
    byPreset("share of the channels that training leaves out at random", ({ training }) => training.dropout),
    fraction,
  ],
  ["seed <n>", byPreset("of the one random stream, and of what is held out", ({ training }) => training.seed), anySeed],
];

export const WATCHING: readonly Row[] = [
  [
    "eval_interval <n>",
    byPreset("steps from one evaluation to the next, 0 for none", ({ training }) => training.evalInterval),
    atLeast(0),
  ],
  [
    "eval_iters <n>",
    byPreset("batches in an evaluation, 0 for all that is held out", ({ training }) => training.evalIters),
    atLeast(0),
  ],
  [
    "patience <n>",
    byPreset("stop after so many evaluations without a better one, 0 for never", ({ training }) => training.patience),
    atLeast(0),
  ],
  ["sample_interval <n>", "steps from one sample on the way to the next (default: none)", atLeast(1)],
  [
    "log_interval <n>",
    "steps from one line to the next, in a pipe and in metrics.jsonl (default: by the run's length)",
    atLeast(1),
  ],
  ["tensorboard", "write event files for TensorBoard too"],
  ["label <text>", "what to call the run in microgpt runs", asTyped],
  ["dry_run", "only say what would be trained: sizes, tokens, memory, time"],
];

export const STRICT: Row = ["strict", "the wasm engine rounds alike on every machine, and takes a sixth longer"];

export const ENGINE: readonly Row[] = [
  [
    "engine <name>",
    "wasm, compiled and quick, or scalar, the readable one (default: wasm, or as the model was saved)",
    among(ENGINES),
  ],
  ["threads <n>", "of the wasm engine; any number gives the same bits (default: as many as pay)", atLeast(1)],
  STRICT,
];

export const KEEPING: readonly Row[] = [
  ["resume <model>", "go on with the run that saved this model, exactly where it stopped", asTyped],
  ["init_from <model>", "fine-tune: begin with this model's weights, sizes and tokenizer", asTyped],
  [
    "out <model>",
    "where to save (default: model.safetensors, or the next free name; with --resume that model)",
    asTyped,
  ],
  ["save_interval <n>", "steps from one save on the way to the next (default: once a minute)", atLeast(1)],
];

/** The flags of `train` that change what is compiled. */
const COMPILED = ["n_layer", "n_head", "n_embd", "block_size", "batch_size", "weight_decay", "grad_clip"];

/** Those of them whose default, without text to train on, is that of the preset alone. */
export const COMPILED_ROWS: readonly Row[] = [...SIZES, ...SETTINGS]
  .filter(([name]) => COMPILED.includes(name.split(" ")[0] ?? ""))
  .map(([name, what, ...rest]) => [name, what.replace(/default: [^;)]*; /, "default: "), ...rest]);

const SAMPLES: readonly Row[] = [
  ["num_samples <n>", "texts to draw at the end (default: 20 documents, or 3 pieces of running text)", atLeast(0)],
  TEMPERATURE,
];

export const TRAIN_GROUPS: readonly Group[] = [
  ["The text:", DATA],
  ["The model:", [...SIZES, ...INIT]],
  ["Training:", SETTINGS],
  ["Watching over it:", WATCHING],
  ["The engine:", ENGINE],
  ["Saving and going on:", KEEPING],
  ["Samples:", SAMPLES],
];
export const TRAIN: readonly Row[] = TRAIN_GROUPS.flatMap(([, rows]) => rows);

/** The settings that a sweep of the learning rate has no use for. */
const SWEPT = ["num_steps", "learning_rate", "schedule", "warmup_iters", "min_lr"];

const SWEEP: readonly Row[] = [
  ["num_steps <n>", "steps of the sweep, if the loss does not explode before", atLeast(2), 100],
  ["from <x>", "the learning rate of the first step", positiveNumber, 1e-5],
  ["to <x>", "and of the last", positiveNumber, 1],
];

export const LR_FIND_GROUPS: readonly Group[] = [
  ["The sweep:", SWEEP],
  ["The text:", DATA],
  ["The model:", [...SIZES, ...INIT]],
  ["Training:", SETTINGS.filter(([name]) => !SWEPT.includes(name.split(" ")[0] ?? ""))],
  ["Going on:", KEEPING.filter(([name]) => name.startsWith("init_from "))],
  ["The engine:", ENGINE],
];

/** A description with its default: what all recipes have, or that the data decides; and what microgpt.py's presets have. */
function byPreset(what: string, of: (preset: Preset) => number | string): string {
  const [early, published] = [of(presets["microgpt-early"]), of(presets.microgpt)];
  const chosen = [...new Set(RECIPES.map(of))];
  const own = chosen.length === 1 ? chosen.join() : "by the data";
  if (early !== published) return `${what} (default: ${own}; ${published} in microgpt, ${early} in microgpt-early)`;
  return `${what} (default: ${own === `${early}` ? own : `${own}; ${early} in microgpt.py's presets`})`;
}
