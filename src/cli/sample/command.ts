import { type Corpus, type DataMode, generate, noveltyReport, Random } from "../../index.ts";
import { DATASETS, loadCheckpoint, loadCorpus, loadDataset, loadText } from "../../node.ts";
import { type EngineFlags, engineOptions } from "../flags/engine.ts";
import { modeOf, type SamplingFlags, samplingOptions } from "../flags/sampling.ts";
import { usage } from "../flags/usage.ts";
import type { IO, OutputFlags } from "../io.ts";
import { onMachine } from "../machine.ts";
import { chosenModel } from "../model-files.ts";

/** The flags of `microgpt sample`. */
export interface SampleFlags extends SamplingFlags, EngineFlags {
  readonly num_samples: number;
  readonly start: string;
  readonly novelty?: string;
}

/** Samples texts from a saved model. All errors in the input are found before the first text is shown. */
export async function sampleCommand(
  path: string | undefined,
  flags: SampleFlags & OutputFlags,
  { report, terminal }: IO,
): Promise<void> {
  if (flags.start === "-" && flags.novelty === "-") {
    throw usage("standard input for only one of --start and --novelty", "both", "name a file for the other");
  }
  const file = await chosenModel(path, "sample", flags);
  const saved = await loadCheckpoint(file, engineOptions(flags));
  const mode = modeOf(saved);
  const start = await startText(flags.start, mode);
  const corpus = flags.novelty === undefined ? undefined : await trainingData(flags.novelty, mode);
  const options = { ...samplingOptions(flags, mode), random: new Random(flags.seed), start };
  const tokens = flags.num_samples * (options.maxNewTokens ?? saved.model.config.blockSize);
  const checkpoint = await onMachine(saved, flags, tokens, (text) => report.warning(text));
  const texts: string[] = [];
  using model = checkpoint.model;
  await model.wake();
  for (let i = 1; i <= flags.num_samples; i++) {
    const drawn: string[] = [];
    const pieces = generate(model, checkpoint.tokenizer, options);
    await report.sample(i, withStart(start, pieces, drawn), mode);
    if (!(await terminal.heard())) return;
    // The prompt of running text may well be in the training data.
    texts.push((mode === "documents" ? start : "") + drawn.join(""));
  }
  if (corpus !== undefined) report.novelty(noveltyReport(texts, corpus), true);
}

/** nanoGPT's way to pass a long prompt: FILE:prompt.txt. */
async function startText(start: string, mode: DataMode): Promise<string> {
  const path = start.startsWith("FILE:") ? start.slice("FILE:".length) : start === "-" ? start : undefined;
  if (path === undefined) return start;
  const text = await loadText(path);
  // A document is a line, so a line end in the file is not part of it.
  return mode === "documents" ? text.replace(/[\r\n]+$/, "") : text;
}

async function trainingData(source: string, mode: DataMode): Promise<Corpus> {
  const dataset = DATASETS.find((name) => name === source);
  return dataset === undefined ? loadCorpus([source], { mode }) : loadDataset(dataset);
}

/** Asks the model first, so that a prompt it cannot spell is refused before it is printed. Keeps the result. */
function* withStart(start: string, pieces: Iterable<string>, drawn: string[]): Generator<string, void> {
  let before = start;
  for (const piece of pieces) {
    drawn.push(piece);
    yield before + piece;
    before = "";
  }
  if (before !== "") yield before;
}
