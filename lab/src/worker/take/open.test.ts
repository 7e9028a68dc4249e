import {
  type Checkpoint,
  type Corpus,
  decodeCheckpoint,
  encodeCheckpoint,
  MicrogptError,
  type Run,
  startRun,
  trainEach,
} from "microgpt";
import { expect, test } from "vitest";
import type { DataChoice, LabSettings } from "../../settings.ts";
import { type Opened, placeAgain, placeModel } from "./open.ts";

const docs = ["anna", "bob", "eve", "otto", "hannah", "ada", "nora", "abe"];
const story: Corpus = {
  name: "story",
  mode: "stream",
  docs: ["the tea sat in the heat, and ate the hat that the ant had"],
};
const here = new Map<string, Corpus>([
  ["names", { name: "names", docs }],
  ["places", { name: "places", docs: ["aachen", "bonn"] }],
  ["story", story],
]);

/** The lab's data sets, and the user's own text line by line. */
async function corpusOf({ name, text, mode, missing }: DataChoice): Promise<Corpus> {
  const corpus = text === undefined ? here.get(name) : { name, docs: text.split("\n"), ...(mode && { mode }) };
  if (corpus !== undefined && !missing) return corpus;
  throw new MicrogptError({ code: "no-data", operation: "data", expected: "data", got: name, fix: "none" });
}

/** A run of two steps, saved and read again. */
async function saved(corpus: Corpus, withProgress = true): Promise<Checkpoint> {
  const run: Run = startRun(corpus, { model: { nEmbd: 4, nHead: 1 }, training: { numSteps: 5 }, valFraction: 0.3 });
  await trainEach(run, ({ step }) => (step === 2 ? false : undefined));
  const { progress: _, ...model } = run;
  return decodeCheckpoint("test", encodeCheckpoint(withProgress ? run : model));
}

const chosen = (data: DataChoice): LabSettings => ({ data, model: {}, training: { numSteps: 9 }, engine: "wasm" });
const named = (name: string): Corpus => ({ name, docs });
const other: Corpus = { name: "own.txt", docs: ["xylo", "zulu", "quiz"] };

test.each<[what: string, corpus: Corpus, withProgress: boolean, data: DataChoice, opened: Opened]>([
  ["a run of the lab", named("names"), true, { name: "places" }, { kind: "run", data: "names", step: 2 }],
  ["a run of the command line's ssa", named("ssa"), true, { name: "story" }, { kind: "run", data: "names", step: 2 }],
  [
    "a run of that data by another name",
    named("x/y.txt"),
    true,
    { name: "places" },
    { kind: "run", data: "names", step: 2 },
  ],
  ["a run of running text", story, true, { name: "names" }, { kind: "run", data: "story", step: 2 }],
  [
    "a run of the own text",
    other,
    true,
    { name: "mine", text: "xylo\nzulu\nquiz" },
    { kind: "run", data: "mine", step: 2 },
  ],
  [
    "a run of other data of as many lines",
    { name: "names", docs: [...docs].reverse() },
    true,
    { name: "names" },
    { kind: "weights", data: "names" },
  ],
  ["weights", named("names"), false, { name: "names" }, { kind: "weights", data: "names" }],
  ["weights that cannot spell the data", other, false, { name: "names" }, { kind: "model", data: undefined }],
  [
    "weights of running text before documents",
    story,
    false,
    { name: "mine", text: "tea\nhat" },
    { kind: "model", data: undefined },
  ],
  ["a run whose data is nowhere", other, true, { name: "names" }, { kind: "model", data: "own.txt" }],
  ["a run before data that is not here", other, true, { name: "x", missing: true }, { kind: "model", data: "own.txt" }],
])("%s", async (_, corpus, withProgress, data, opened) => {
  const checkpoint = await saved(corpus, withProgress);
  const placed = await placeModel(checkpoint, "file.safetensors", chosen(data), corpusOf);
  expect(placed.opened).toEqual(opened);
  const { settings } = placed.place;
  expect(settings.model).toMatchObject({ nEmbd: 4, nHead: 1 });
  if ("run" in placed.place) {
    const { run } = placed.place;
    expect(run.progress.losses).toEqual(opened.kind === "run" ? checkpoint.progress?.losses : []);
    expect(settings.training.numSteps).toBe(opened.kind === "run" ? 5 : 9);
    expect(settings.valFraction).toBe(opened.kind === "run" ? 0.3 : 0.1);
    expect(run.model.state().weights).toEqual(checkpoint.model.state().weights);
  } else {
    expect(settings.data).toMatchObject({ missing: true, name: withProgress ? "own.txt" : "file" });
    expect(encodeCheckpoint(placed.place.checkpoint)).toEqual(encodeCheckpoint(checkpoint));
  }
  // A stored run comes back unchanged.
  const kept = "run" in placed.place ? placed.place.run : placed.place.checkpoint;
  const again = await placeAgain(kept, settings, corpusOf);
  expect("run" in again).toBe("run" in placed.place);
  expect(again.settings).toEqual(
    expect.objectContaining({ data: expect.objectContaining({ name: settings.data.name }) }),
  );
});

test("a stored run whose data a newer lab has changed stays a model, with its training record", async () => {
  const checkpoint = await saved({ name: "names", docs: ["anna", "bob", "eve"] });
  const place = await placeAgain(checkpoint, chosen({ name: "names" }), corpusOf);
  expect(place).toMatchObject({ checkpoint, settings: { data: { name: "names", missing: true } } });
});
