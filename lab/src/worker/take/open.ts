/**
 * Decides what a model file becomes in the lab: a run that continues, the initial weights of a new one, or a model by
 * itself.
 */

import { type Checkpoint, type Corpus, MicrogptError, type Run, reopenRun, startRun } from "microgpt";
import { DATA_SET_IDS } from "../../data/ids.ts";
import { ARITHMETIC, type DataChoice, type LabSettings, VAL_FRACTION } from "../../settings.ts";
import { engineName } from "../engine-name.ts";

type CorpusOf = (data: DataChoice) => Promise<Corpus>;

/** The trainer's content: a run and its data, or a model whose data is missing. */
export type Content =
  | { readonly settings: LabSettings; readonly run: Run; readonly corpus: Corpus }
  | { readonly settings: LabSettings; readonly checkpoint: Checkpoint };

/** The result of opening a model file, for the user. `data` is the name of its data, or the new run's. */
export type Opened =
  | { readonly kind: "run"; readonly data: string; readonly step: number }
  | { readonly kind: "weights"; readonly data: string }
  | { readonly kind: "model" /** Undefined if the file does not say. */; readonly data: string | undefined };

/** The command line's names of the lab's data sets. */
const CALLED: ReadonlyMap<string, string> = new Map([["ssa", "names"]]);

/**
 * If the file is a run on a data set of the lab or on the text in `settings`, that run continues. Otherwise it becomes
 * the beginning of a new run with these settings, if its tokens can spell their data and it was trained on data of that
 * kind. Otherwise it stays a model without data.
 */
export async function placeModel(
  checkpoint: Checkpoint,
  name: string,
  settings: LabSettings,
  corpusOf: CorpusOf,
): Promise<{ place: Content; opened: Opened }> {
  const same = await goingOn(checkpoint, settings, corpusOf);
  if (same !== undefined) {
    const step = same.run.progress.losses.length;
    return { place: same, opened: { kind: "run", data: same.corpus.name, step } };
  }
  const fresh = await begunWith(checkpoint, settings, corpusOf);
  if (fresh !== undefined) return { place: fresh, opened: { kind: "weights", data: fresh.corpus.name } };
  const { progress, mode = "documents" } = checkpoint;
  const known = progress?.data.name;
  const data = { name: known ?? name.replace(/\.safetensors$/, ""), mode, missing: true } as const;
  const { training, valFraction } = settings;
  const told = progress && { training: progress.settings, valFraction: progress.data.valFraction };
  const own = withModel(checkpoint, { training, valFraction: valFraction ?? VAL_FRACTION, ...told }, data);
  return { place: { settings: own, checkpoint }, opened: { kind: "model", data: known } };
}

/** The previous content of the lab, unchanged; if a newer lab has other data by that name, the model without it. */
export async function placeAgain(checkpoint: Checkpoint, settings: LabSettings, corpusOf: CorpusOf): Promise<Content> {
  const { data } = settings;
  const again = await orNone(async () => {
    const corpus = await corpusOf(data);
    return { settings, corpus, run: reopenRun(checkpoint, corpus) };
  });
  return again ?? { settings: { ...settings, data: { name: data.name, missing: true } }, checkpoint };
}

type Running = Extract<Content, { readonly run: Run }>;

async function goingOn(
  checkpoint: Checkpoint,
  settings: LabSettings,
  corpusOf: CorpusOf,
): Promise<Running | undefined> {
  const { progress } = checkpoint;
  if (progress === undefined) return undefined;
  const { name, mode, numDocs, valFraction } = progress.data;
  const called = CALLED.get(name) ?? name;
  const others = DATA_SET_IDS.map((id): DataChoice => ({ name: id }));
  const chosen = settings.data.text === undefined ? [] : [{ ...settings.data, mode }];
  for (const data of [...others.filter((each) => each.name === called), ...chosen, ...others]) {
    const corpus = await orNone(() => corpusOf(data));
    // Only if these are equal is it worth comparing the texts.
    if (corpus?.docs.length !== numDocs || (corpus.mode ?? "documents") !== mode) continue;
    const run = await orNone(async () => reopenRun(checkpoint, corpus));
    if (run === undefined) continue;
    return { run, corpus, settings: withModel(checkpoint, { training: run.progress.settings, valFraction }, data) };
  }
  return undefined;
}

async function begunWith(
  checkpoint: Checkpoint,
  { data, training, valFraction = VAL_FRACTION }: LabSettings,
  corpusOf: CorpusOf,
): Promise<Running | undefined> {
  const corpus = await orNone(() => corpusOf(data));
  if (corpus === undefined || (corpus.mode ?? "documents") !== (checkpoint.mode ?? "documents")) return undefined;
  const { engine } = checkpoint.model;
  const run = await orNone(async () =>
    startRun(corpus, { training, engine, valFraction, initFrom: checkpoint, ...ARITHMETIC }),
  );
  return run && { run, corpus, settings: withModel(checkpoint, { training, valFraction }, data) };
}

/** The settings of a run with a model of these sizes. */
function withModel(
  { model }: Checkpoint,
  chosen: Pick<LabSettings, "training" | "valFraction">,
  data: DataChoice,
): LabSettings {
  const { vocabSize: _, ...sizes } = model.config;
  return { ...chosen, data, model: sizes, engine: engineName(model), size: "custom" };
}

/** Undefined if the library refuses. */
async function orNone<T>(action: () => Promise<T>): Promise<T | undefined> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof MicrogptError) return undefined;
    throw error;
  }
}
