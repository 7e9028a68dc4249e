/** Sets up a run from the command line, at its first step or where it stopped. */

import { existsSync } from "node:fs";
import {
  type Checkpoint,
  type Corpus,
  type DataMode,
  fitTokenizer,
  MicrogptError,
  outOfPatience,
  PRESET_NAMES,
  type Preset,
  type PresetName,
  preparedData,
  presets,
  type Remark,
  type Run,
  resumeRun,
  startRun,
  type Tokenizer,
  type TrainingData,
  tokenize,
} from "../../index.ts";
import {
  DATASETS,
  type Dataset,
  isPrepared,
  loadCheckpoint,
  loadCorpus,
  loadDataset,
  type Note,
  type OpenOptions,
  openTokens,
} from "../../node.ts";
import { mistake } from "../../util/errors.ts";
import { command, say } from "../../util/words.ts";
import type { EngineChoice } from "../engine-choice.ts";
import { chosenTokenizer } from "../flags/data.ts";
import { engineOptions, typed } from "../flags/engine.ts";
import { usage } from "../flags/usage.ts";
import { memoryLimit } from "../io.ts";
import { chooseMachine, movedTo } from "../machine.ts";
import { hasPipedInput } from "../piped-input.ts";
import { quote } from "../shell.ts";
import { type TrainFlags, typedModel, typedTraining } from "./flags.ts";
import { chooseRecipe } from "./recipe-choice.ts";
import { extentOf, RunOpener } from "./run-opener.ts";

/** A run, with notes on how it and its engine were chosen. */
export interface Setup {
  readonly run: Run;
  readonly notes: readonly Remark[];
  readonly engine: EngineChoice;
}

const NOT_READ: Remark = {
  kind: "input-not-read",
  values: {},
  message: say`this trains on names, not on standard input; to train on that, add a dash: ${command("train", "-")}`,
};

/** Share of the data that is held out by default; microgpt.py's presets learn all of it. */
const VAL_FRACTION = 0.1;

/**
 * The run that the flags ask for. All errors in the input are found here. `warn`: machine code that cannot be made.
 * `chosen`: the recipe, if another process has chosen it.
 */
export async function setUp(
  files: readonly string[],
  flags: TrainFlags,
  warn: (text: string) => void,
  chosen?: Preset,
): Promise<Setup> {
  if (files.length > 0 && flags.data !== undefined) {
    throw usage("files or --data", `both ${files.join(" ")} and --data ${flags.data}`, "leave one out");
  }
  if (flags.resume !== undefined) return { ...(await resumed(flags.resume, files, flags, warn)), notes: [] };
  const { init_from } = flags;
  const initFrom = init_from === undefined ? undefined : await loadCheckpoint(init_from, engineOptions(flags));
  if (initFrom !== undefined) checkFineTuning(initFrom, flags);
  return newRun(files, flags, new RunOpener(flags, warn), initFrom, chosen);
}

async function newRun(
  files: readonly string[],
  flags: TrainFlags,
  opener: RunOpener,
  initFrom?: Checkpoint,
  known?: Preset,
): Promise<Setup> {
  // mpirun passes its own input on, which may be anything.
  const mayRead = files.length === 0 && flags.data === undefined && flags.distributed === undefined;
  const unread = mayRead && (await hasPipedInput());
  const { preset = files.length === 0 && initFrom === undefined ? "microgpt" : "auto" } = flags;
  const given = typedTraining(flags);
  const { seed = 42 } = given;
  const holdsOut = !isRevision(preset) || (given.evalInterval ?? 0) > 0;
  // microgpt.py reads any text line by line; fine-tuning keeps the model's mode.
  const mode = flags.mode ?? initFrom?.mode ?? (isRevision(preset) ? "documents" : undefined);
  const { data, notes: reading } = await trainingData(files, flags, {
    ...typed({ mode }),
    valFraction: flags.val_fraction ?? (holdsOut ? VAL_FRACTION : 0),
    seed,
    ...(initFrom !== undefined && { tokenizer: initFrom.tokenizer }),
  });
  const start = async ({ model, training }: Preset, notes: readonly Remark[]): Promise<Setup> => {
    const run = await opener.open(extentOf({ model, training }, data), (options) =>
      startRun(data, { model, training, ...(initFrom !== undefined && { initFrom }), ...options }),
    );
    return { run, notes, engine: opener.choice };
  };
  if (known !== undefined) return start(known, []);
  if (isRevision(preset)) {
    const fixed = presets[preset];
    const model = { ...fixed.model, ...typedModel(flags) };
    const notes = [...reading, ...(unread ? [NOT_READ] : [])];
    return start({ model, training: { ...fixed.training, ...given } }, notes);
  }
  const { chosen, notes } = await chooseRecipe(preset, data, flags, opener, initFrom);
  return start(chosen, [...reading, ...(unread ? [NOT_READ] : []), ...notes]);
}

/** True for one of microgpt.py's presets. */
function isRevision(preset: string): preset is PresetName {
  return PRESET_NAMES.some((name) => name === preset);
}

interface DataChoice {
  /** The mode, which prepared data already has. Default: by the text's appearance. */
  readonly mode?: DataMode;
  readonly valFraction: number;
  readonly seed: number;
  readonly tokenizer?: Tokenizer;
}

/** The data that the flags name, tokenized. */
async function trainingData(
  files: readonly string[],
  flags: TrainFlags,
  { mode, valFraction, seed, tokenizer }: DataChoice,
): Promise<{ data: TrainingData; notes: readonly Note[] }> {
  const [folder] = files;
  if (files.length === 1 && folder !== undefined && isPrepared(folder)) {
    for (const flag of ["mode", "field", "column", "tokenizer", "vocab_size", "val_fraction"] as const) {
      if (flags[flag] === undefined) continue;
      throw usage(
        `no --${flag} with prepared data`,
        `--${flag} ${flags[flag]}`,
        "leave it out, or give it to microgpt prepare",
      );
    }
    return { data: await prepared(folder), notes: [] };
  }
  const corpus: Corpus & { readonly notes?: readonly Note[] } =
    files.length === 0
      ? await dataset(flags.data ?? "ssa", flags)
      : await loadCorpus(files, { ...dataFlags(flags), ...typed({ mode }) });
  const data = tokenize(corpus, { valFraction, seed, tokenizer: tokenizer ?? (await tokenizerChoice(flags)) });
  return { data, notes: corpus.notes ?? [] };
}

/** Closed when the process ends. */
async function prepared(folder: string, options: OpenOptions = {}): Promise<TrainingData> {
  const files = await openTokens(folder, options);
  return preparedData(files, files.tokenizer);
}

function dataFlags({ mode, field, column }: TrainFlags): Parameters<typeof loadCorpus>[1] {
  return typed({ mode, field, column });
}

/** The tokenizer of a file, or the way to make one from the texts. */
async function tokenizerChoice(
  flags: TrainFlags,
): Promise<Tokenizer | ((train: readonly string[], all: readonly string[]) => Tokenizer)> {
  const { tokenizer, vocabSize } = await chosenTokenizer(flags);
  if (typeof tokenizer !== "string") return tokenizer;
  // Merges are learned from the training part, but a character that is only held out must also have a token.
  return (train, all) => fitTokenizer(tokenizer, tokenizer === "bpe" ? train : all, typed({ vocabSize }));
}

/** Flags that choose a run, and so do not apply to a resumed one. */
export const NOT_RESUMED = ["preset", "minutes", "tokenizer", "vocab_size", "val_fraction", "init_from"] as const;

/** Refuses settings that a resumed run cannot change, naming its own: it continues as it began. */
function checkUnchanged({ model, progress }: Checkpoint, path: string, flags: TrainFlags): void {
  const { numSteps: _, patience: __, ...settings } = typedTraining(flags);
  const fineTune = `fine-tune in a new run: --init_from ${quote(path)}`;
  const sizes = typedModel(flags);
  const before: Readonly<Record<string, unknown>> = { ...model.config, ...progress?.settings };
  for (const [name, value] of Object.entries({ ...sizes, ...settings })) {
    if (before[name] === value) continue;
    const flag = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    // Not even fine-tuning changes a model's sizes.
    const fix = name in sizes ? "leave it out, or train a new model" : `leave it out, or ${fineTune}`;
    throw usage(`the run's --${flag} ${before[name]} with --resume`, `${value}`, fix);
  }
  for (const flag of NOT_RESUMED) {
    if (flags[flag] === undefined) continue;
    throw usage(`no --${flag} with --resume`, `--${flag} ${flags[flag]}`, `leave it out, or ${fineTune}`);
  }
}

/** Fine-tuning keeps the sizes and the tokenizer. */
function checkFineTuning({ model, tokenizer }: Checkpoint, flags: TrainFlags): void {
  const before: Readonly<Record<string, unknown>> = { ...model.config };
  for (const [name, value] of Object.entries(typedModel(flags))) {
    if (before[name] === value) continue;
    const flag = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    throw usage(`the model's --${flag} ${before[name]} with --init_from`, `${value}`, "leave it out");
  }
  if (flags.tokenizer !== undefined || flags.vocab_size !== undefined) {
    const expected = `the model's ${tokenizer.toJSON().type} tokenizer with --init_from`;
    throw usage(
      expected,
      flags.tokenizer === undefined ? `--vocab_size ${flags.vocab_size}` : `--tokenizer ${flags.tokenizer}`,
      "leave it out",
    );
  }
}

async function resumed(
  path: string,
  files: readonly string[],
  flags: TrainFlags,
  warn: (text: string) => void,
): Promise<Pick<Setup, "run" | "engine">> {
  const checkpoint = await loadCheckpoint(path, engineOptions(flags));
  checkUnchanged(checkpoint, path, flags);
  checkUnfinished(checkpoint, path, files, flags);
  const { num_steps: numSteps, patience } = flags;
  const data = await sameData(checkpoint, path, files, flags);
  const limit = memoryLimit();
  const { checkpoint: moved, engine } = await onItsMachine(checkpoint, flags, warn);
  return { run: resumeRun(moved, data, { ...typed({ numSteps, patience }), memoryLimit: limit }), engine };
}

/** The checkpoint on the engine that trained it, which alone continues with the same bits, or on the one that was typed. */
async function onItsMachine(
  checkpoint: Checkpoint,
  flags: TrainFlags,
  warn: (text: string) => void,
): Promise<{ readonly checkpoint: Checkpoint; readonly engine: EngineChoice }> {
  const { engine = "auto", strict } = flags;
  const { accelerator } = checkpoint;
  const isScalar = checkpoint.model.engine === "scalar";
  if (engine === "auto" && (isScalar || accelerator === undefined || strict)) {
    const reason = strict && !isScalar ? "strict" : "resumed";
    return { checkpoint, engine: { name: isScalar ? "scalar" : "wasm", reason } };
  }
  const asBefore = { ...flags, engine: engine === "auto" ? "native" : engine } as const;
  const { flags: chosen, choice } = await chooseMachine(asBefore, 0, warn);
  const reason = engine === "auto" && choice.reason === "asked" ? "resumed" : choice.reason;
  return { checkpoint: movedTo(checkpoint, engineOptions(chosen)), engine: { ...choice, reason } };
}

/** Called before the data is read, which may take long. Errors: the run has finished, with the command to extend it. */
function checkUnfinished({ progress }: Checkpoint, path: string, files: readonly string[], flags: TrainFlags): void {
  if (progress === undefined) return;
  const { num_steps: numSteps, patience } = flags;
  const settings = { ...progress.settings, ...typed({ numSteps, patience }) };
  const done = progress.losses.length;
  const line = (...more: readonly string[]): string =>
    `to train it further, type ${["microgpt", "train", ...files, "--resume", path, ...more].map(quote).join(" ")}`;
  if (done >= settings.numSteps) {
    const got = `a run that has done ${done} of ${settings.numSteps}`;
    const fix = line("--num_steps", String(2 * done));
    throw mistake("resume", "resume", "steps left to do", got, fix, {
      values: { step: done, numSteps: settings.numSteps },
    });
  }
  if (outOfPatience({ ...progress, settings })) {
    const got = `a run that stopped early, after ${settings.patience} evaluations without a better one`;
    const fix = line("--patience", "0");
    throw mistake("resume", "resume", "an unfinished run", got, fix, {
      values: { step: done, patience: settings.patience },
    });
  }
}

/** The data of the resumed run: that of its name, unless it is named again. */
async function sameData(
  { progress }: Checkpoint,
  path: string,
  files: readonly string[],
  flags: TrainFlags,
): Promise<Corpus | TrainingData> {
  const { name = "ssa", mode } = progress?.data ?? {};
  const source = flags.data ?? name;
  const known = DATASETS.find((dataset) => dataset === source);
  if (files.length === 0 && known !== undefined) return dataset(known, flags);
  if (name === "standard input" && files.length === 0) {
    throw usage("the run's documents", "none: the run read them from standard input", "pipe them in again and add -");
  }
  const paths = files.length > 0 ? files : source.split(", ");
  const missing = files.length === 0 ? paths.find((file) => !existsSync(file)) : undefined;
  if (missing !== undefined) {
    throw new MicrogptError({
      code: "file-missing",
      operation: "resume",
      expected: `the run's documents, ${JSON.stringify(source)}`,
      got: "no such file here",
      fix: `name them: microgpt train FILE --resume ${quote(path)}`,
    });
  }
  const [folder] = paths;
  if (paths.length === 1 && folder !== undefined && isPrepared(folder)) {
    // To continue with the same bits, whatever their size.
    return prepared(folder, { checkedBytes: Infinity });
  }
  return loadCorpus(paths, { ...typed({ mode }), ...dataFlags(flags) });
}

function dataset(name: Dataset, { cache_dir: cacheDir }: TrainFlags): Promise<Corpus> {
  return loadDataset(name, typed({ cacheDir }));
}
