/** The commands with their flags, defaults and help. */

import { Command, Option } from "commander";
import packageJson from "../../package.json" with { type: "json" };
import { PRESET_NAMES, type Preset, presets, SCHEDULES } from "../index.ts";
import { DATASETS } from "../node.ts";
import { infoCommand } from "./info-command.ts";
import { type OutputFlags, openIO } from "./io.ts";
import { type SampleFlags, sampleCommand } from "./sample-command.ts";
import { type TrainFlags, trainCommand } from "./train-command.ts";
import { fraction, oneOf, positiveNumber, wholeNumber } from "./usage.ts";

export function buildProgram(): Command {
  const program = new Command("microgpt")
    .description("Trains, runs and explains small GPTs: Karpathy's microgpt.py, number for number.")
    .version(packageJson.version)
    .exitOverride()
    .addHelpText("after", "\nFlags may be written --n_layer 2, --n-layer 2 or --n_layer=2.");
  addTrain(program.command("train"));
  addSample(program.command("sample"));
  addInfo(program.command("info"));
  for (const command of [program, ...program.commands]) {
    const name = command === program ? "microgpt" : `microgpt ${command.name()}`;
    command.configureOutput({ outputError: (text, write) => write(oneLine(text, name)) });
  }
  return program;
}

function addTrain(command: Command): void {
  command
    .description("Trains a model on documents, one a line, saves it, and samples from it.")
    .argument("[file]", "text with one document a line, or - for standard input (default: the names of --data ssa)")
    .addOption(
      flag(
        "--data <name>",
        "ssa: 32,257 names, packaged; names: microgpt.py's own, downloaded once",
        oneOf("--data", DATASETS, "to train on a file, leave --data out: microgpt train my-lines.txt"),
      ),
    )
    .option("--cache_dir <folder>", "where downloads are kept (default: $MICROGPT_CACHE_DIR, or your cache folder)")
    .addOption(
      flag("--preset <name>", `one of ${PRESET_NAMES.join(", ")} (default: microgpt)`, oneOf("--preset", PRESET_NAMES)),
    )
    .addOption(
      flag(
        "--n_layer <n>",
        byPreset("transformer layers", ({ model }) => model.nLayer),
        wholeNumber("--n_layer", 1),
      ),
    )
    .addOption(
      flag(
        "--n_head <n>",
        byPreset("attention heads, a divisor of n_embd", ({ model }) => model.nHead),
        wholeNumber("--n_head", 1),
      ),
    )
    .addOption(
      flag(
        "--n_embd <n>",
        byPreset("channels", ({ model }) => model.nEmbd),
        wholeNumber("--n_embd", 1),
      ),
    )
    .addOption(
      flag(
        "--block_size <n>",
        byPreset("longest context, in tokens", ({ model }) => model.blockSize),
        wholeNumber("--block_size", 1),
      ),
    )
    .addOption(
      flag(
        "--num_steps <n>",
        byPreset("training steps, also --max_iters", ({ training }) => training.numSteps),
        wholeNumber("--num_steps", 1),
      ),
    )
    .addOption(
      flag(
        "--learning_rate <x>",
        byPreset("at the first step", ({ training }) => training.learningRate),
        positiveNumber("--learning_rate"),
      ),
    )
    .addOption(
      flag(
        "--schedule <name>",
        byPreset(`how it falls: ${SCHEDULES.join(", ")}`, ({ training }) => training.schedule),
        oneOf("--schedule", SCHEDULES),
      ),
    )
    .addOption(
      flag(
        "--beta1 <x>",
        byPreset("Adam's decay of the mean", ({ training }) => training.beta1),
        fraction("--beta1"),
      ),
    )
    .addOption(
      flag(
        "--beta2 <x>",
        byPreset("Adam's decay of the mean square", ({ training }) => training.beta2),
        fraction("--beta2"),
      ),
    )
    .addOption(
      flag(
        "--seed <n>",
        byPreset("of the one random stream", ({ training }) => training.seed),
        wholeNumber("--seed", Number.MIN_SAFE_INTEGER),
      ),
    )
    .option("--resume <model>", "go on with the run that saved this model, exactly where it stopped")
    .option(
      "--out <model>",
      "where to save (default: model.safetensors, or model-2, ... if there is one; the model of --resume)",
    )
    .addOption(flag("--num_samples <n>", "documents to draw at the end", wholeNumber("--num_samples", 0)).default(20))
    .addOption(TEMPERATURE());
  addOutput(command).action(async (file: string | undefined, flags: TrainFlags & OutputFlags) => {
    await trainCommand(file, flags, openIO(flags));
  });
}

function addSample(command: Command): void {
  command
    .description("Draws new documents from a saved model.")
    .argument("[model]", "saved by train (default: the newest model*.safetensors here)")
    .addOption(flag("--num_samples <n>", "documents to draw", wholeNumber("--num_samples", 0)).default(20))
    .addOption(TEMPERATURE())
    .option("--start <text>", "what each document begins with", "")
    .addOption(
      flag(
        "--max_new_tokens <n>",
        "most tokens to add to each (default: until block_size)",
        wholeNumber("--max_new_tokens", 1),
      ),
    )
    .addOption(flag("--seed <n>", "of the random stream", wholeNumber("--seed", Number.MIN_SAFE_INTEGER)).default(42));
  addOutput(command).action(async (model: string | undefined, flags: SampleFlags & OutputFlags) => {
    await sampleCommand(model, flags, openIO(flags));
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

function addOutput(command: Command): Command {
  return command
    .option("--json", "one JSON object a line, for programs")
    .option("--quiet", "only the samples, bare; with --json, all but the steps");
}

const TEMPERATURE = (): Option =>
  flag("--temperature <x>", "towards 0 plainer, above 1 bolder", positiveNumber("--temperature")).default(0.5);

function flag(name: string, description: string, parse: (text: string) => unknown): Option {
  return new Option(name, description).argParser(parse);
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
