/** The commands with their flags, defaults and help. What a command does is imported when it is called. */

import { Command } from "commander";
import packageJson from "../../package.json" with { type: "json" };
import { PRESET_NAMES } from "../index.ts";
import type { BenchFlags } from "./bench/command.ts";
import { TEXT_FLAGS, TOKENIZER_FLAGS } from "./flags/data.ts";
import type { EngineFlags } from "./flags/engine.ts";
import { checkArguments } from "./flags/familiar-words.ts";
import { addHelp } from "./flags/help.ts";
import { addFlags, addGroups, among, anySeed, asTyped, atLeast, fraction, type Row } from "./flags/row.ts";
import { SAMPLING_FLAGS, type SamplingFlags } from "./flags/sampling.ts";
import { parserOf, plainUsage } from "./flags/usage.ts";
import type { EvalFlags } from "./inspect/eval.ts";
import type { GraphFlags } from "./inspect/graph.ts";
import { GRAPH_PARTS } from "./inspect/graph-parts.ts";
import type { TokenizerFlags } from "./inspect/tokenizer.ts";
import { type OutputFlags, openIO } from "./io.ts";
import type { LabFlags } from "./lab/command.ts";
import type { PrepareFlags } from "./prepare/command.ts";
import { X_AXES, Y_AXES } from "./runs/axes.ts";
import type { RunsFlags } from "./runs/command.ts";
import type { SampleFlags } from "./sample/command.ts";
import type { SweepFlags } from "./sweep/command.ts";
import { addTrainFlags } from "./sweep/flags.ts";
import { standardError, type Terminal } from "./terminal/terminal.ts";
import type { TrainFlags } from "./train/flags.ts";
import type { LrFindFlags } from "./train/lr-find.ts";
import { COMPILED_GROUPS, LR_FIND_GROUPS, READING_ENGINE, STRICT, TRAIN_GROUPS } from "./train/rows.ts";

export function buildProgram(): Command {
  const program = new Command("microgpt")
    .description("Trains, runs and explains small GPTs: Karpathy's microgpt.py, number for number.")
    .version(packageJson.version)
    .exitOverride()
    .addHelpText(
      "after",
      "\nFlags may be written --n_layer 2, --n-layer 2 or --n_layer=2. Other programs'\nnames for them, such as --lr, --steps and --prompt, are understood where they\ncan only mean one thing.",
    );
  program.hook("preAction", (_, command) => checkArguments(command));
  const train = program.command("train");
  addTrain(train);
  addLrFind(program.command("lr-find"));
  addPrepare(program.command("prepare"));
  addSample(program.command("sample"));
  addChat(program.command("chat"));
  addLab(program.command("lab"));
  addEval(program.command("eval"));
  addInfo(program.command("info"));
  addRuns(program.command("runs"));
  addTokenizer(program.command("tokenizer"));
  addSweep(program.command("sweep"), train);
  addGraph(program.command("graph"));
  addBench(program.command("bench"));
  let shown: Terminal | undefined;
  const help = (): Terminal => {
    shown ??= openIO({}).terminal;
    return shown;
  };
  for (const command of [program, ...program.commands]) {
    const name = command === program ? "microgpt" : `microgpt ${command.name()}`;
    command.configureOutput({
      writeOut: (text) => help().verbatim(text.replace(/\n$/, "")),
      writeErr: (text) => standardError().verbatim(text.replace(/\n$/, "")),
      outputError: (text) => complain(text, name),
    });
  }
  addHelp(program);
  return program;
}

function addTrain(command: Command): void {
  command
    .description("Trains a model on your own text, or on names, then saves it and samples from it.")
    .argument(
      "[files...]",
      "text, .jsonl, .json or .csv files, folders of them, a folder made by microgpt prepare, or - for standard input (default: the names of --data ssa)",
    );
  addOutput(addGroups(command, TRAIN_GROUPS)).action(async (files: string[], flags: TrainFlags & OutputFlags) => {
    const { trainCommand } = await import("./train/command.ts");
    await trainCommand(files, flags, openIO(flags, flags.log_interval));
  });
}

function addLrFind(command: Command): void {
  command
    .description("Suggests a learning rate: raises it during a short run until the loss explodes.")
    .argument("[files...]", "as for train (default: the names of --data ssa)");
  addGroups(command, LR_FIND_GROUPS);
  addOutput(command).action(async (files: string[], flags: LrFindFlags) => {
    const { lrFindCommand } = await import("./train/lr-find.ts");
    await lrFindCommand(files, flags, openIO(flags));
  });
}

function addPrepare(command: Command): void {
  command
    .description("Turns text of any size into token files that train reads from the disk.")
    .argument("<files...>", "text, .jsonl, .json, .csv or .tsv files, or folders of them");
  addFlags(command, [
    ["out <folder>", "where to write train.bin, val.bin, tokenizer.json and meta.json", asTyped],
    ...TEXT_FLAGS,
    ...TOKENIZER_FLAGS,
    ["val_fraction <x>", "share of the text held out for validation", fraction, 0.1],
    ["seed <n>", "seed of the hash that chooses the held-out documents", anySeed, 42],
  ]);
  command
    .option("--json", "one JSON object a line, for programs")
    .option("--quiet", "print only errors; with --json, all but the progress")
    .action(async (files: string[], flags: PrepareFlags) => {
      const { prepareCommand } = await import("./prepare/command.ts");
      await prepareCommand(files, flags, openIO(flags));
    });
}

const SAMPLE: readonly Row[] = [
  ["num_samples <n>", "texts to draw", atLeast(0), 20],
  ["novelty <file>", "count the samples copied from this: the training data, or one of ssa, names", asTyped],
];

function addSample(command: Command): void {
  command
    .description("Draws new text from a saved model.")
    // Allows a prompt without quotes, which gets an answer of its own.
    .allowExcessArguments()
    .argument("[model]", "a model saved by train (default: the newest run's best here, or else its last)")
    .option("--start <text>", "the beginning of each text; FILE:path or - reads it from a file or standard input", "");
  addGroups(command, [
    ["Options:", SAMPLE],
    ["Sampling:", SAMPLING_FLAGS],
    ["The engine:", READING_ENGINE],
  ]);
  addOutput(command).action(async (model: string | undefined, flags: SampleFlags & OutputFlags) => {
    const { sampleCommand } = await import("./sample/command.ts");
    await sampleCommand(model, flags, openIO(flags));
  });
}

function addChat(command: Command): void {
  command
    .description("Continues what you type, with settings that you can change between texts.")
    .allowExcessArguments()
    .argument("[model]", "a model saved by train (default: the newest run's best here, or else its last)");
  addGroups(command, [
    ["Sampling:", SAMPLING_FLAGS],
    ["The engine:", READING_ENGINE],
  ]);
  command.action(async (model: string | undefined, flags: SamplingFlags & EngineFlags) => {
    const { chatCommand } = await import("./chat/command.ts");
    await chatCommand(model, flags, openIO({}));
  });
}

function addLab(command: Command): void {
  command
    .description("Opens the lab in a browser: a page that trains a model, shows its inside, and lets you play with it.")
    .argument("[model]", "a saved model to open in it (default: none; the lab begins with its own data)");
  addFlags(command, [
    [
      "host <address>",
      "address to serve at; 0.0.0.0 lets others on the network in, such as a class (default: localhost)",
      asTyped,
    ],
    [
      "port <n>",
      "port to serve at, 0 for any free one (default: 8017, or the next free one)",
      parserOf({ kind: "whole", min: 0, max: 65_535 }),
    ],
    ["no_open", "do not start a browser"],
  ]);
  command.action(async (model: string | undefined, flags: LabFlags) => {
    const { labCommand } = await import("./lab/command.ts");
    await labCommand(model, flags, openIO({}));
  });
}

function addEval(command: Command): void {
  command
    .description("Measures how well a saved model predicts a text: loss, perplexity, bits per byte.")
    .argument("<files...>", "text, .jsonl, .json, .csv or .tsv files, folders of them, or - for standard input");
  addFlags(command, [
    ["model <model>", "a model saved by train (default: the newest run's best here, or else its last)", asTyped],
    ...TEXT_FLAGS.filter(([name]) => !name.startsWith("mode ")),
    ...READING_ENGINE,
  ]);
  command
    .option("--json", "one JSON object, for programs")
    .action(async (files: string[], flags: EvalFlags & OutputFlags) => {
      const { evalCommand } = await import("./inspect/eval.ts");
      await evalCommand(files, flags, openIO(flags));
    });
}

function addGraph(command: Command): void {
  command
    .description("Shows how a training step is compiled: its graph, its kernels, its memory plan.")
    .argument("[model]", "a model whose sizes to take (default: those of the preset)");
  addFlags(command, [
    ["preset <name>", `one of ${PRESET_NAMES.join(", ")} (default: microgpt)`, among(PRESET_NAMES)],
    ["vocab_size <n>", "size of the vocabulary (default: 27, that of the packaged names)", atLeast(2)],
    ["only <part>", `one of ${GRAPH_PARTS.join(", ")} (default: all)`, among(GRAPH_PARTS)],
    ["wasm <file>", "also write the WebAssembly module to this file", asTyped],
    STRICT,
  ]);
  addGroups(command, COMPILED_GROUPS);
  command.action(async (model: string | undefined, flags: GraphFlags) => {
    const { graphCommand } = await import("./inspect/graph.ts");
    await graphCommand(model, flags, openIO({}));
  });
}

function addInfo(command: Command): void {
  command
    .description("Shows a saved model: config, parameters, tokenizer, training history.")
    .argument("[model]", "a model saved by train (default: the newest run's best here, or else its last)")
    .option("--json", "one JSON object, for programs")
    .action(async (model: string | undefined, flags: OutputFlags) => {
      const { infoCommand } = await import("./inspect/info.ts");
      await infoCommand(model, flags, openIO(flags));
    });
}

function addRuns(command: Command): void {
  command
    .description("Lists training runs, the best first, and draws their curves on one chart.")
    .argument("[path...]", "models, their .metrics.jsonl, or folders (default: this folder and those below)")
    .option("--overlay", "draw the curves, as for two or more named runs");
  addFlags(command, [
    ["x <name>", `horizontal axis: ${X_AXES.join(", ")} (default: step)`, among(X_AXES)],
    ["y <name>", `vertical axis: ${Y_AXES.join(", ")} (default: valLoss if all runs have it)`, among(Y_AXES)],
  ]);
  command
    .option("--json", "one JSON object a line, for programs")
    .action(async (paths: readonly string[], flags: RunsFlags) => {
      const { runsCommand } = await import("./runs/command.ts");
      await runsCommand(paths, flags, openIO(flags));
    });
}

function addTokenizer(command: Command): void {
  command
    .description("Shows how a model splits text into tokens, and exports its tokenizer.")
    .allowExcessArguments()
    .argument("[file]", "a saved model or a tokenizer.json (default: the newest run's best here, or else its last)");
  addFlags(command, [
    ["text <text>", "text to show as tokens, with their ids", asTyped],
    ["out <file>", "write a Hugging Face tokenizer.json to this file", asTyped],
  ]);
  command
    .option("--json", "one JSON object a line, for programs")
    .action(async (file: string | undefined, flags: TokenizerFlags) => {
      const { tokenizerCommand } = await import("./inspect/tokenizer.ts");
      await tokenizerCommand(file, flags, openIO(flags));
    });
}

function addSweep(command: Command, train: Command): void {
  command
    .description("Trains with every combination of the given values: --learning_rate 0.001,0.01")
    .option("--out <folder>", "where the runs are saved (default: sweep, or the next free name)");
  addFlags(command, [
    ["jobs <n>", "runs at a time", atLeast(1), 1],
    ["max_runs <n>", "refuse to run more combinations than this", atLeast(1), 200],
    ["distributed <how>", "mpi: share the runs among the processes that mpirun started", among(["mpi"])],
  ]);
  command
    .option("--dry_run", "list the runs without running them")
    .option("--json", "one JSON object a line, for programs");
  addTrainFlags(command, train);
  command.action(async (...args: unknown[]) => {
    const [flags, files] = [command.opts<SweepFlags>(), args.slice(0, -2).flat()];
    const { sweepCommand } = await import("./sweep/command.ts");
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
    .description("Measures how fast models of four sizes train and write on this machine, in half a minute.")
    .option("--quick", "fewer and shorter runs, in about ten seconds");
  addFlags(command, [
    ["threads <n>", "threads to compare with one thread (default: all cores, 8 at most)", atLeast(1)],
    STRICT,
  ]);
  command.option("--json", "one JSON object a line, for programs").action(async (flags: BenchFlags) => {
    const { benchCommand } = await import("./bench/command.ts");
    await benchCommand(flags, openIO(flags));
  });
}

function addOutput(command: Command): Command {
  return command
    .optionsGroup("Output:")
    .option("--json", "one JSON object a line, for programs")
    .option("--quiet", "only the samples, bare; with --json, all but the steps");
}

/** Prints commander's messages in our form: one line that names the program and the help. */
function complain(text: string, command: string): void {
  const message = plainUsage(text);
  if (message !== "") standardError().line(`microgpt: ${message}; see ${command} --help`);
}
