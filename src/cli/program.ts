/** The commands with their flags, defaults and help. */

import { Command, Option } from "commander";
import packageJson from "../../package.json" with { type: "json" };
import { ENGINES, PRESET_NAMES, type Preset, presets, SCHEDULES } from "../index.ts";
import { DATASETS } from "../node.ts";
import { type BenchFlags, benchCommand } from "./bench-command.ts";
import { chatCommand } from "./chat-command.ts";
import { type Row, TEXT_FLAGS } from "./data-flags.ts";
import type { EngineFlags } from "./engine-flags.ts";
import { GRAPH_PARTS, type GraphFlags, graphCommand } from "./graph-command.ts";
import { infoCommand } from "./info-command.ts";
import { type OutputFlags, openIO } from "./io.ts";
import { type PrepareFlags, prepareCommand } from "./prepare-command.ts";
import { type RunsFlags, runsCommand, X_AXES, Y_AXES } from "./runs-command.ts";
import { type SampleFlags, sampleCommand } from "./sample-command.ts";
import { SAMPLING_FLAGS, type SamplingFlags, TEMPERATURE } from "./sampling-flags.ts";
import { type SweepFlags, sweepCommand } from "./sweep-command.ts";
import { addTrainFlags } from "./sweep-flags.ts";
import { type TokenizerFlags, tokenizerCommand } from "./tokenizer-command.ts";
import { type TrainFlags, trainCommand } from "./train-command.ts";
import { fraction, numberFromZero, oneOf, positiveNumber, wholeNumber } from "./usage.ts";

export function buildProgram(): Command {
  const program = new Command("microgpt")
    .description("Trains, runs and explains small GPTs: Karpathy's microgpt.py, number for number.")
    .version(packageJson.version)
    .exitOverride()
    .addHelpText("after", "\nFlags may be written --n_layer 2, --n-layer 2 or --n_layer=2.");
  const train = program.command("train");
  addTrain(train);
  addPrepare(program.command("prepare"));
  addSample(program.command("sample"));
  addChat(program.command("chat"));
  addInfo(program.command("info"));
  addRuns(program.command("runs"));
  addTokenizer(program.command("tokenizer"));
  addSweep(program.command("sweep"), train);
  addGraph(program.command("graph"));
  addBench(program.command("bench"));
  for (const command of [program, ...program.commands]) {
    const name = command === program ? "microgpt" : `microgpt ${command.name()}`;
    command.configureOutput({ outputError: (text, write) => write(oneLine(text, name)) });
  }
  return program;
}

const atLeast =
  (min: number) =>
  (flag: string): ((text: string) => number) =>
    wholeNumber(flag, min);
const anySeed = atLeast(Number.MIN_SAFE_INTEGER);
const among =
  (words: readonly string[], hint?: string) =>
  (flag: string): ((text: string) => string) =>
    oneOf(flag, words, hint);

const TO_A_FILE = "to train on a file, leave --data out: microgpt train my-lines.txt";

const DATA: readonly Row[] = [
  ["data <name>", "ssa: 32,257 names, packaged; names: microgpt.py's own, downloaded once", among(DATASETS, TO_A_FILE)],
  ["cache_dir <folder>", "where downloads are kept (default: $MICROGPT_CACHE_DIR, or your cache folder)", asTyped],
];

const SIZES_AND_SETTINGS: readonly Row[] = [
  ["preset <name>", `one of ${PRESET_NAMES.join(", ")} (default: microgpt)`, among(PRESET_NAMES)],
  ["n_layer <n>", byPreset("transformer layers", ({ model }) => model.nLayer), atLeast(1)],
  ["n_head <n>", byPreset("attention heads, a divisor of n_embd", ({ model }) => model.nHead), atLeast(1)],
  ["n_embd <n>", byPreset("channels", ({ model }) => model.nEmbd), atLeast(1)],
  ["block_size <n>", byPreset("longest context, in tokens", ({ model }) => model.blockSize), atLeast(1)],
  ["num_steps <n>", byPreset("training steps, also --max_iters", ({ training }) => training.numSteps), atLeast(1)],
  ["batch_size <n>", byPreset("documents in each step", ({ training }) => training.batchSize), atLeast(1)],
  ["learning_rate <x>", byPreset("at the first step", ({ training }) => training.learningRate), positiveNumber],
  [
    "schedule <name>",
    byPreset(`how it falls: ${SCHEDULES.join(", ")}`, ({ training }) => training.schedule),
    among(SCHEDULES),
  ],
  ["beta1 <x>", byPreset("Adam's decay of the mean", ({ training }) => training.beta1), fraction],
  ["beta2 <x>", byPreset("Adam's decay of the mean square", ({ training }) => training.beta2), fraction],
  [
    "weight_decay <x>",
    byPreset("AdamW's, times the learning rate", ({ training }) => training.weightDecay),
    numberFromZero,
  ],
  [
    "grad_clip <x>",
    byPreset("most that the gradient's norm may be, 0 for no limit", ({ training }) => training.gradClip),
    numberFromZero,
  ],
  ["seed <n>", byPreset("of the one random stream", ({ training }) => training.seed), anySeed],
];

const ENGINE: readonly Row[] = [
  [
    "engine <name>",
    "wasm, compiled and quick, or scalar, the readable one (default: wasm, or as the model was saved)",
    among(ENGINES),
  ],
  ["threads <n>", "of the wasm engine; any number gives the same bits (default: as many as pay)", atLeast(1)],
];

const KEEPING: readonly Row[] = [
  ["resume <model>", "go on with the run that saved this model, exactly where it stopped", asTyped],
  [
    "out <model>",
    "where to save (default: model.safetensors, or the next free name; with --resume that model)",
    asTyped,
  ],
];

function addTrain(command: Command): void {
  command
    .description("Trains a model on documents, one a line, saves it, and samples from it.")
    .argument("[file]", "text with one document a line, or - for standard input (default: the names of --data ssa)");
  addFlags(command, [
    ...DATA,
    ...SIZES_AND_SETTINGS,
    ...ENGINE,
    ...KEEPING,
    ["num_samples <n>", "documents to draw at the end", atLeast(0), 20],
    TEMPERATURE,
  ]);
  addOutput(addStrict(command)).action(async (file: string | undefined, flags: TrainFlags & OutputFlags) => {
    await trainCommand(file, flags, openIO(flags));
  });
}

function addPrepare(command: Command): void {
  command
    .description("Turns text of any size into token files that train reads from the disk.")
    .argument("<files...>", "text, .jsonl, .csv or .tsv files, or folders of them");
  addFlags(command, [
    ["out <folder>", "where to write train.bin, val.bin, tokenizer.json and meta.json", asTyped],
    ...TEXT_FLAGS,
    ["val_fraction <x>", "share that is held out for validation", fraction, 0.1],
    ["seed <n>", "of the hash that chooses the documents to hold out", anySeed, 42],
  ]);
  command
    .option("--json", "one JSON object a line, for programs")
    .option("--quiet", "nothing but errors; with --json, all but the progress")
    .action(async (files: string[], flags: PrepareFlags) => {
      await prepareCommand(files, flags, openIO(flags));
    });
}

const SAMPLE: readonly Row[] = [
  ["num_samples <n>", "texts to draw", atLeast(0), 20],
  ["novelty <file>", "count what is copied from this: the training data, or one of ssa, names", asTyped],
];

function addSample(command: Command): void {
  command
    .description("Draws new text from a saved model.")
    .argument("[model]", "saved by train (default: the newest model*.safetensors here)")
    .option("--start <text>", "what each begins with; FILE:path or - reads it from there", "");
  addFlags(command, [...SAMPLE, ...SAMPLING_FLAGS, ...ENGINE]);
  addOutput(addStrict(command)).action(async (model: string | undefined, flags: SampleFlags & OutputFlags) => {
    await sampleCommand(model, flags, openIO(flags));
  });
}

function addChat(command: Command): void {
  command
    .description("Continues what you type, with settings that can be changed on the way.")
    .argument("[model]", "saved by train (default: the newest model*.safetensors here)");
  addFlags(command, [...SAMPLING_FLAGS, ...ENGINE]);
  addStrict(command).action(async (model: string | undefined, flags: SamplingFlags & EngineFlags) => {
    await chatCommand(model, flags, openIO({}));
  });
}

/** The flags of `train` that change what is compiled. */
const COMPILED = ["preset", "n_layer", "n_head", "n_embd", "block_size", "batch_size", "weight_decay", "grad_clip"];

function addGraph(command: Command): void {
  command
    .description("Shows a training step as it is compiled: the traced graph, its kernels, the plan of its memory.")
    .argument("[model]", "whose sizes to take (default: those of the preset)");
  addFlags(command, [
    ...SIZES_AND_SETTINGS.filter(([name]) => COMPILED.includes(name.split(" ")[0] ?? "")),
    ["vocab_size <n>", "tokens (default: 27, those of the packaged names)", atLeast(2)],
    ["only <part>", `one of ${GRAPH_PARTS.join(", ")} (default: all)`, among(GRAPH_PARTS)],
    ["wasm <file>", "where to write the WebAssembly module too", asTyped],
  ]);
  addStrict(command).action(async (model: string | undefined, flags: GraphFlags) => {
    await graphCommand(model, flags, openIO({}));
  });
}

function addInfo(command: Command): void {
  command
    .description("Shows a saved model: config, parameters, tokenizer, training history.")
    .argument("[model]", "saved by train (default: the newest model*.safetensors here)")
    .option("--json", "one JSON object, for programs")
    .action(async (model: string | undefined, flags: OutputFlags) => {
      await infoCommand(model, flags, openIO(flags));
    });
}

function addRuns(command: Command): void {
  command
    .description("Lists training runs by their metrics, the best first, and draws their curves over each other.")
    .argument("[path...]", "models, their .metrics.jsonl, or folders (default: this folder and those below)")
    .option("--overlay", "draw the curves; also by naming two or more runs");
  addFlags(command, [
    ["x <name>", `across: ${X_AXES.join(", ")} (default: step)`, among(X_AXES)],
    ["y <name>", `upwards: ${Y_AXES.join(", ")} (default: valLoss if all runs have it)`, among(Y_AXES)],
  ]);
  command
    .option("--json", "one JSON object a line, for programs")
    .action(async (paths: readonly string[], flags: RunsFlags) => {
      await runsCommand(paths, flags, openIO(flags));
    });
}

function addTokenizer(command: Command): void {
  command
    .description("Shows how a model's text is made of tokens, and exports its tokenizer.")
    .argument("[file]", "a saved model or a tokenizer.json (default: the newest model*.safetensors here)");
  addFlags(command, [
    ["text <text>", "to show as tokens, with their ids", asTyped],
    ["out <file>", "where to write a Hugging Face tokenizer.json", asTyped],
  ]);
  command
    .option("--json", "one JSON object a line, for programs")
    .action(async (file: string | undefined, flags: TokenizerFlags) => {
      await tokenizerCommand(file, flags, openIO(flags));
    });
}

function addSweep(command: Command, train: Command): void {
  command
    .description("Trains with every combination of flags that have several values: --learning_rate 0.001,0.01")
    .option("--out <folder>", "where the runs are saved (default: sweep, or the next free name)");
  addFlags(command, [
    ["jobs <n>", "runs at a time", atLeast(1), 1],
    ["max_runs <n>", "most combinations", atLeast(1), 200],
  ]);
  command.option("--dry_run", "list what would be run").option("--json", "one JSON object a line, for programs");
  addTrainFlags(command, train);
  command.action(async (...args: unknown[]) => {
    const [flags, files] = [command.opts<SweepFlags>(), args.slice(0, -2).flat()];
    await sweepCommand(
      files.filter((file) => typeof file === "string"),
      flags,
      train,
      openIO({}),
    );
  });
}

function addBench(command: Command): void {
  command
    .description("Measures how fast microgpt is on this machine, in about half a minute.")
    .option("--quick", "fewer and shorter runs, a few seconds");
  addFlags(command, [["threads <n>", "to measure beside one thread (default: all cores, 8 at most)", atLeast(1)]]);
  addStrict(command)
    .option("--json", "one JSON object a line, for programs")
    .action(async (flags: BenchFlags) => {
      await benchCommand(flags, openIO(flags));
    });
}

function addStrict(command: Command): Command {
  return command.option("--strict", "the wasm engine rounds alike on every machine, and takes a sixth longer");
}

function addOutput(command: Command): Command {
  return command
    .option("--json", "one JSON object a line, for programs")
    .option("--quiet", "only the samples, bare; with --json, all but the steps");
}

function addFlags(command: Command, rows: readonly Row[]): void {
  for (const [name, what, parse, fallback] of rows) {
    const option = new Option(`--${name}`, what).argParser(parse(`--${name.split(" ")[0]}`));
    command.addOption(fallback === undefined ? option : option.default(fallback));
  }
}

function asTyped(): (text: string) => string {
  return (text) => text;
}

/** A description with the default of each preset. */
function byPreset(what: string, of: (preset: Preset) => number | string): string {
  const [early, published] = [of(presets["microgpt-early"]), of(presets.microgpt)];
  return `${what} (default: ${published}${early === published ? "" : `; ${early} in microgpt-early`})`;
}

/** Commander's messages in our form: one line, which names the program and where to look. */
function oneLine(text: string, command: string): string {
  const message = text
    .trim()
    .replace(/^error: /, "")
    .replace(/\.$/, "")
    .replaceAll("\n", " ");
  return message === "" ? "" : `microgpt: ${message}; see ${command} --help\n`;
}
