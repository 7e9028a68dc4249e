import { presets } from "microgpt";
import { expect, test } from "vitest";
import type { DataChoice, LabSettings } from "../../settings.ts";
import { decodeLink, encodeLink } from "../../take/link.ts";
import { MAX_SHARED_TEXT } from "../../take/shared.ts";
import { fromShared, readSaved, toShared } from "./settings.ts";

const settings: LabSettings = {
  data: { name: "names" },
  model: { ...presets.microgpt.model, nEmbd: 8 },
  training: { ...presets.microgpt.training, seed: 7 },
  engine: "scalar",
  valFraction: 0.2,
  size: "custom",
};
const long = "x".repeat(MAX_SHARED_TEXT + 1);

test.each<[what: string, data: DataChoice, back: DataChoice]>([
  ["a data set", { name: "sums" }, { name: "sums" }],
  ["a text", { name: "mine", text: "a\nb", mode: "stream" }, { name: "mine", text: "a\nb", mode: "stream" }],
  [
    "a text that is too long",
    { name: "names", text: long, mode: "documents" },
    { name: "names", mode: "documents", missing: true },
  ],
  ["data that is not here", { name: "mine", missing: true }, { name: "mine", missing: true }],
  ["a data set that this lab does not have", { name: "poems" }, { name: "poems", missing: true }],
])("%s survive a link, as far as they fit in", async (_, data, back) => {
  const fragment = await encodeLink({ settings: toShared({ ...settings, data }) });
  const { settings: shared } = await decodeLink(fragment);
  expect(fromShared(shared)).toEqual({ ...settings, data: back });
});

test("missing settings are the preset's, and another tokenizer than the lab's is refused", () => {
  const shared = {
    data: { name: "names" },
    preset: "microgpt-early",
    model: { nLayer: 2 },
    training: {},
    engine: "wasm",
  } as const;
  const { model, training } = presets["microgpt-early"];
  expect(fromShared(shared)).toMatchObject({ model: { ...model, nLayer: 2 }, training });
  expect(() => fromShared({ ...shared, tokenizer: "bpe" })).toThrow("link: expected characters as tokens, got bpe");
});

test("settings that were saved with a run are read as they were, an earlier lab's under the names of today", () => {
  const saved = (about: object): LabSettings => readSaved(JSON.parse(JSON.stringify(about)));
  expect(saved(settings)).toEqual(settings);
  expect(saved({ ...settings, model: { activation: "reluSquared" } }).model).toEqual({ mlp: "relu2" });
});

test.each<[wrong: unknown, message: string]>([
  [undefined, "data to be an object"],
  [{ ...settings, engine: "gpu" }, "engine to be one of wasm, scalar"],
  [{ ...settings, data: {} }, "data with a name, and an engine"],
  [{ ...settings, model: { nLayers: 1 } }, 'got "nLayers"; write nLayer'],
  [{ ...settings, training: { seed: null } }, "seed to be a whole number"],
  [{ ...settings, more: 1 }, "a known field in settings"],
])("saved settings that no lab has saved are refused: %j", (wrong, message) => {
  expect(() => readSaved(wrong)).toThrow(message);
});
