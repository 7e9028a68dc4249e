/** Converts the lab's settings to those of a link, and back. */

import {
  DATA_MODES,
  ENGINES,
  type Fields,
  MicrogptError,
  MODEL_SETTINGS,
  PRESET_NAMES,
  presets,
  SIZE_NAMES,
  someSettings,
  TRAINING_SETTINGS,
} from "microgpt";
import { dataSetId } from "../../data/ids.ts";
import type { DataChoice, LabSettings } from "../../settings.ts";
import type { SharedSettings } from "../../take/shared.ts";

export function toShared({ data: { missing, ...data }, size: _, ...settings }: LabSettings): SharedSettings {
  return { ...settings, data: missing ? { ...data, textLeftOut: true } : data };
}

/** Data that did not come along and is not the lab's is missing. Errors: a tokenizer other than the lab's. */
export function fromShared({ preset = "microgpt", tokenizer = "char", ...settings }: SharedSettings): LabSettings {
  if (tokenizer !== "char") {
    const fix = `train it from the command line: npx microgpt train --tokenizer ${tokenizer}`;
    throw new MicrogptError({
      code: "unsupported",
      operation: "link",
      expected: "characters as tokens",
      got: tokenizer,
      fix,
    });
  }
  const { textLeftOut, ...data } = settings.data;
  const missing = textLeftOut || (data.text === undefined && dataSetId(data.name) === undefined);
  return {
    ...settings,
    model: { ...presets[preset].model, ...settings.model },
    training: { ...presets[preset].training, ...settings.training },
    data: missing ? { ...data, missing: true } : data,
    size: "custom",
  };
}

type Own = Pick<LabSettings, "engine" | "size" | "valFraction">;

const OWN: Fields<Own> = {
  engine: { kind: "word", words: ENGINES },
  size: { kind: "word", words: ["recommended", ...PRESET_NAMES, ...SIZE_NAMES, "custom"] },
  valFraction: { kind: "from", from: 0, below: 1 },
};

const DATA: Fields<DataChoice> = {
  name: { kind: "text" },
  text: { kind: "text" },
  mode: { kind: "word", words: DATA_MODES },
  missing: { kind: "flag" },
};

/** Settings as they were saved with a run, by this lab or an earlier one. Errors: any others. */
export function readSaved(about: unknown): LabSettings {
  const { data, model, training, ...rest }: Partial<Record<keyof LabSettings, unknown>> = Object(about);
  const { name, ...others } = someSettings("saved", "data", DATA, data);
  const { engine, ...own } = someSettings("saved", "settings", OWN, rest);
  if (name === undefined || engine === undefined) {
    const fix = "begin a new run";
    throw new MicrogptError({
      code: "file-format",
      operation: "saved",
      expected: "data with a name, and an engine",
      got: "none",
      fix,
    });
  }
  return {
    ...own,
    engine,
    data: { ...others, name },
    model: someSettings("saved", "model", MODEL_SETTINGS, model),
    training: someSettings("saved", "training", TRAINING_SETTINGS, training),
  };
}
