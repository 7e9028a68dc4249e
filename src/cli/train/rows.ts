/** The flags of `train`; other commands share some of them. */

import {
  DEFAULT_SECONDS,
  estimateStepSeconds,
  MODEL_HELP,
  MODEL_SETTINGS,
  PRESET_NAMES,
  type Preset,
  presets,
  recipeFor,
  type Section,
  SIZE_NAMES,
  TRAINING_HELP,
  TRAINING_SETTINGS,
  WEIGHT_FORMATS,
} from "../../index.ts";
import { DATASETS } from "../../node.ts";
import { TEXT_FLAGS, TOKENIZER_FLAGS } from "../flags/data.ts";
import { ENGINE_CHOICES } from "../flags/engine.ts";
import { among, asTyped, atLeast, flagOf, fraction, type Group, positiveNumber, type Row } from "../flags/row.ts";
import { TEMPERATURE } from "../flags/sampling.ts";
import { rowsOf } from "../flags/settings.ts";

const TO_A_FILE = "to train on a file, leave --data out: microgpt train my-text.txt";

export const DATA: readonly Row[] = [
  ["data <name>", "ssa: 32,257 packaged names; names: microgpt.py's own, downloaded once", among(DATASETS, TO_A_FILE)],
  ["cache_dir <folder>", "where downloads are kept (default: $MICROGPT_CACHE_DIR, or your cache folder)", asTyped],
  ...TEXT_FLAGS,
  [
    "val_fraction <x>",
    "share of the text held out for validation (default: 0.1; 0 in microgpt.py's presets)",
    fraction,
  ],
  ...TOKENIZER_FLAGS,
];

/** Recipes for little and for much data: a value that they share is a default, the others depend on the data. */
const RECIPES: readonly Preset[] = SIZE_NAMES.flatMap((size) => {
  const few = { mode: "stream", trainTokens: 1e3, mostDocTokens: 1e3, longestDocTokens: 1e3, numDocs: 1 } as const;
  const many = { mode: "documents", trainTokens: 1e7, mostDocTokens: 8, longestDocTokens: 8, numDocs: 1e6 } as const;
  return [few, many].map((facts) =>
    recipeFor({ ...facts, valTokens: 100, vocabSize: 64 }, DEFAULT_SECONDS, estimateStepSeconds, { size }),
  );
});

const ALL_PRESETS = ["auto", ...SIZE_NAMES, ...PRESET_NAMES];

const SIZES: readonly Row[] = [
  [
    "preset <name>",
    `one of ${ALL_PRESETS.join(", ")} (default: auto for your own text, microgpt for the names)`,
    among(ALL_PRESETS),
  ],
  ["minutes <x>", "training time that auto and the sizes aim for (default: 1)", positiveNumber],
  ...model("sizes"),
  ...model("weights"),
];

const ARCHITECTURE: readonly Row[] = model("architecture");

const TRAINING = training("training");
const OPTIMIZER = training("optimizer");

const WATCHING: readonly Row[] = [
  ...training("evaluation"),
  ["sample_interval <n>", "steps between samples during training (default: none)", atLeast(1)],
  [
    "log_interval <n>",
    "steps between lines, in a pipe and in metrics.jsonl (default: depends on the run's length)",
    atLeast(1),
  ],
  ["tensorboard", "also write event files for TensorBoard"],
  ["label <text>", "name of the run in microgpt runs", asTyped],
  ["dry_run", "only print what would be trained: sizes, tokens, memory, time"],
];

export const STRICT: Row = ["strict", "make the wasm engine round alike on every machine, a sixth slower"];

export const ENGINE: readonly Row[] = [
  [
    "engine <name>",
    "wasm, compiled and fast; native, machine code, with a C compiler; scalar, the readable one; auto, native where it pays (default: auto, or what saved the model)",
    among(ENGINE_CHOICES),
  ],
  [
    "threads <n>",
    "threads of the compiled engine; any number gives the same bits (default: the fastest, found by the first steps)",
    atLeast(1),
  ],
  STRICT,
];

/** The engine of commands that only read a model. */
export const READING_ENGINE: readonly Row[] = [
  ...ENGINE,
  [
    "weights <format>",
    "f32, f16, bf16 or int8: the matrices in fewer bits, faster on native code; eval tells what it costs (default: f32)",
    among(WEIGHT_FORMATS),
  ],
];

export const KEEPING: readonly Row[] = [
  ["resume <model>", "continue the run that saved this model, exactly where it stopped", asTyped],
  ["init_from <model>", "fine-tune: begin with the weights, sizes and tokenizer of this model", asTyped],
  [
    "out <model>",
    "file to save to (default: model.safetensors, or the next free name; with --resume that model)",
    asTyped,
  ],
  ["save_interval <n>", "steps between saves during training (default: once a minute)", atLeast(1)],
];

/** The flags of `train` that change what is compiled; their default, without text to train on, is the preset's alone. */
export const COMPILED_GROUPS: readonly Group[] = (
  [
    ["The model:", [...model("sizes"), ...TRAINING.filter((row) => flagOf(row) === "batch_size")]],
    ["Its architecture:", ARCHITECTURE],
    ["The optimizer:", OPTIMIZER],
  ] satisfies Group[]
).map(([heading, rows]) => [
  heading,
  rows.map(([name, what, ...rest]) => [name, what.replace(/default: [^;)]*; /, "default: "), ...rest]),
]);

const SEVERAL: readonly Row[] = [
  ["distributed <how>", "mpi: share each step among the processes that mpirun started", among(["mpi"])],
];

const SAMPLES: readonly Row[] = [
  ["num_samples <n>", "texts to draw at the end (default: 20 documents, or 3 pieces of running text)", atLeast(0)],
  TEMPERATURE,
];

export const TRAIN_GROUPS: readonly Group[] = [
  ["The text:", DATA],
  ["The model:", SIZES],
  ["Its architecture:", ARCHITECTURE],
  ["Training:", TRAINING],
  ["The optimizer:", OPTIMIZER],
  ["Evaluation and progress:", WATCHING],
  ["The engine:", ENGINE],
  ["Several processes:", SEVERAL],
  ["Saving and resuming:", KEEPING],
  ["Samples:", SAMPLES],
];
export const TRAIN: readonly Row[] = TRAIN_GROUPS.flatMap(([, rows]) => rows);

/** The settings that a sweep of the learning rate does not use. */
const SWEPT = ["num_steps", "learning_rate", "schedule", "warmup_iters", "min_lr"];

const SWEEP: readonly Row[] = [
  ["num_steps <n>", "most steps to take; fewer if the loss explodes", atLeast(2), 100],
  ["from <x>", "the learning rate of the first step", positiveNumber, 1e-5],
  ["to <x>", "the learning rate of the last step", positiveNumber, 1],
];

export const LR_FIND_GROUPS: readonly Group[] = [
  ["The search:", SWEEP],
  ["The text:", DATA],
  ["The model:", SIZES],
  ["Its architecture:", ARCHITECTURE],
  ["Training:", TRAINING.filter((row) => !SWEPT.includes(flagOf(row)))],
  ["The optimizer:", OPTIMIZER],
  ["Fine-tuning:", KEEPING.filter(([name]) => name.startsWith("init_from "))],
  ["The engine:", ENGINE],
];

/** The flags of a model's settings in a section. */
function model(section: Section): Row[] {
  return rowsOf(section, MODEL_SETTINGS, MODEL_HELP, (words, name) => byPreset(words, ({ model }) => model[name]));
}

/** The flags of the training settings in a section. */
function training(section: Section): Row[] {
  return rowsOf(section, TRAINING_SETTINGS, TRAINING_HELP, (words, name) =>
    byPreset(words, ({ training }) => training[name]),
  );
}

/**
 * A description with its default: the value of all recipes, or a note that it depends on the data; and the value of
 * microgpt.py's presets.
 */
function byPreset(what: string, field: (preset: Preset) => unknown): string {
  const of = (preset: Preset): string => worded(field(preset));
  const [early, published] = [of(presets["microgpt-early"]), of(presets.microgpt)];
  const chosen = [...new Set(RECIPES.map(of))];
  const own = chosen.length === 1 ? chosen.join() : "depends on the data";
  if (early !== published) return `${what} (default: ${own}; ${published} in microgpt, ${early} in microgpt-early)`;
  return `${what} (default: ${own === early ? own : `${own}; ${early} in microgpt.py's presets`})`;
}

/** A value as typed. */
function worded(value: unknown): string {
  return value === true ? "yes" : value === false ? "no" : `${value}`;
}
