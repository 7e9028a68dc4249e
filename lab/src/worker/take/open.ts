/** What becomes of a model file in the lab: a run that goes on, the first weights of a new one, or a model by itself. */

import { type Checkpoint, type Corpus, MicrogptError, type Run, reopenRun, startRun } from "microgpt";
import { DATA_SET_IDS } from "../../data/ids.ts";
import { ARITHMETIC, type DataChoice, type LabSettings, VAL_FRACTION } from "../../settings.ts";

type CorpusOf = (data: DataChoice) => Promise<Corpus>;

/** What the trainer holds: a run and its data, or a model whose data is not here. */
export type Place =
  | { readonly settings: LabSettings; readonly run: Run; readonly corpus: Corpus }
  | { readonly settings: LabSettings; readonly checkpoint: Checkpoint };

/** For people: what a model file has become. `data` is what its data, or the new run's, is called. */
export type Opened =
  | { readonly kind: "run"; readonly data: string; readonly step: number }
  | { readonly kind: "weights"; readonly data: string }
  | { readonly kind: "model" /** Undefined if the file does not say. */; readonly data: string | undefined };

/** What the command line calls a data set that is one of the lab's. */
const CALLED: ReadonlyMap<string, string> = new Map([["ssa", "names"]]);

/**
 * If the file is a run of a data set of the lab or of the text in `settings`, that run goes on. Else it is the beginning
 * of a new run with these settings, where its tokens spell their data and it was trained on data of that kind. Else it
 * stays a model without data.
 */
export async function placeModel(
  checkpoint: Checkpoint,
  name: string,
  settings: LabSettings,
  corpusOf: CorpusOf,
): Promise<{ place: Place; opened: Opened }> {
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

/** What was in the lab before, as it was; where a newer lab has other data by that name, the model without it. */
export async function placeAgain(checkpoint: Checkpoint, settings: LabSettings, corpusOf: CorpusOf): Promise<Place> {
  const { data } = settings;
  const again = await orNone(async () => {
    const corpus = await corpusOf(data);
    return { settings, corpus, run: reopenRun(checkpoint, corpus) };
  });
  return again ?? { settings: { ...settings, data: { name: data.name, missing: true } }, checkpoint };
}

type Running = Extract<Place, { readonly run: Run }>;

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
    // Only where these are the same it is worth the time to look at the texts.
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

/** Settings that make a run with a model of these sizes. */
function withModel(
  { model: { config, engine } }: Checkpoint,
  chosen: Pick<LabSettings, "training" | "valFraction">,
  data: DataChoice,
): LabSettings {
  const { vocabSize: _, ...model } = config;
  return { ...chosen, data, model, engine, size: "custom" };
}

/** What the library refuses is none. */
async function orNone<T>(action: () => Promise<T>): Promise<T | undefined> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof MicrogptError) return undefined;
    throw error;
  }
}
