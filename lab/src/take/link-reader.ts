/** Parses the JSON of a link, field by field: unknown fields are refused, and the library checks what it receives. */

import {
  checkConfig,
  checkSettings,
  countParams,
  DATA_MODES,
  ENGINES,
  MicrogptError,
  MODEL_SETTINGS,
  PRESET_NAMES,
  presets,
  readConfig,
  someSettings,
  TOKENIZER_KINDS,
  TRAINING_SETTINGS,
  tokenizerFromJSON,
} from "microgpt";
import { FOREIGN, refusal } from "./envelope.ts";
import {
  fitsInLink,
  MAX_SHARED_PARAMS,
  MAX_SHARED_TEXT,
  type SharedData,
  type SharedModel,
  type SharedSettings,
  textFitsInLink,
} from "./shared.ts";

/** Of a name, in UTF-16 units. */
const MAX_NAME = 200;

/** A JSON object with unchecked fields. */
type Fields = Readonly<Record<string, unknown>>;

export interface Head {
  readonly settings: SharedSettings;
  readonly model?: Omit<SharedModel, "weights">;
}

/** The parts before the weights. Errors: anything that cannot have been shared. */
export function readHead(json: unknown): Head {
  const { settings, model } = fields("the link", json, ["settings"], ["model"]);
  const read = { settings: readSettings(settings) };
  return model === undefined ? read : { ...read, model: readModel(model) };
}

function readSettings(json: unknown): SharedSettings {
  const all = fields("settings", json, ["data", "model", "training", "engine"], ["preset", "tokenizer", "valFraction"]);
  const preset = all.preset === undefined ? undefined : oneOf("preset", all.preset, PRESET_NAMES);
  const tokenizer = all.tokenizer === undefined ? undefined : oneOf("tokenizer", all.tokenizer, TOKENIZER_KINDS);
  const { valFraction } = all;
  if (valFraction !== undefined && !(typeof valFraction === "number" && valFraction >= 0 && valFraction < 1)) {
    throw refusal("valFraction from 0 to below 1", shown(valFraction), FOREIGN);
  }
  const base = presets[preset ?? "microgpt"];
  const model = within(() => someSettings("config", "model", MODEL_SETTINGS, all.model));
  const training = within(() => someSettings("train", "training", TRAINING_SETTINGS, all.training));
  within(() => checkConfig({ ...base.model, ...model, vocabSize: 2 }));
  within(() => checkSettings({ ...base.training, ...training }));
  return {
    data: readData(all.data),
    ...(preset !== undefined && { preset }),
    model,
    training,
    engine: oneOf("engine", all.engine, ENGINES),
    ...(tokenizer !== undefined && { tokenizer }),
    ...(valFraction !== undefined && { valFraction }),
  };
}

function readData(json: unknown): SharedData {
  const { name, text, mode, textLeftOut } = fields("data", json, ["name"], ["text", "mode", "textLeftOut"]);
  if (typeof name !== "string" || name === "" || name.length > MAX_NAME) {
    throw refusal(`a data set's name of 1 to ${MAX_NAME} characters`, shown(name), "give it another name");
  }
  if (text !== undefined && (typeof text !== "string" || !textFitsInLink(text))) {
    throw refusal(`data's text to be one of at most ${MAX_SHARED_TEXT} bytes`, shown(text), FOREIGN);
  }
  if (textLeftOut !== undefined && (textLeftOut !== true || text !== undefined)) {
    throw refusal("textLeftOut to be true where there is no text", shown(textLeftOut), FOREIGN);
  }
  return {
    name,
    ...(text !== undefined && { text }),
    ...(mode !== undefined && { mode: oneOf("mode", mode, DATA_MODES) }),
    ...(textLeftOut && { textLeftOut }),
  };
}

function readModel(json: unknown): Omit<SharedModel, "weights"> {
  const { config: sizes, tokenizer: vocabulary, mode } = fields("the model", json, ["config", "tokenizer", "mode"]);
  const config = within(() => readConfig(sizes));
  if (!fitsInLink(config)) {
    const fix = "share only the settings, or the file";
    throw refusal(`a model of at most ${MAX_SHARED_PARAMS} parameters`, `${countParams(config)}`, fix);
  }
  // A merge can double a token, so sizes are bounded first.
  if (Object.values(vocabulary ?? {}).some((list) => Array.isArray(list) && list.length > config.vocabSize)) {
    throw refusal(`a tokenizer of vocab_size ${config.vocabSize}`, "more", FOREIGN);
  }
  const tokenizer = within(() => tokenizerFromJSON(vocabulary));
  if (tokenizer.vocabSize !== config.vocabSize) {
    throw refusal(`a tokenizer of vocab_size ${config.vocabSize}`, `${tokenizer.vocabSize}`, FOREIGN);
  }
  return { config, tokenizer: tokenizer.toJSON(), mode: oneOf("mode", mode, DATA_MODES) };
}

/** The fields of a JSON object that has all the required ones and no others than these and the optional ones. */
function fields(what: string, json: unknown, required: readonly string[], optional: readonly string[] = []): Fields {
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw refusal(`${what} to be an object`, shown(json), FOREIGN);
  }
  const missing = required.find((name) => !Object.hasOwn(json, name));
  if (missing !== undefined) throw refusal(`${what} to have ${missing}`, "none", FOREIGN);
  const pairs = Object.entries(json);
  for (const [name] of pairs) {
    if (!required.includes(name) && !optional.includes(name)) {
      throw refusal(`${what} to have only ${[...required, ...optional].join(", ")}`, shown(name), FOREIGN);
    }
  }
  return Object.fromEntries(pairs);
}

function oneOf<W extends string>(name: string, value: unknown, words: readonly W[]): W {
  const found = words.find((word) => word === value);
  if (found !== undefined) return found;
  throw refusal(`${name} to be one of ${words.join(", ")}`, shown(value), FOREIGN);
}

/** Reports the library's errors as errors of the link. */
function within<T>(check: () => T): T {
  return MicrogptError.within("link", FOREIGN, check);
}

/** A value as shown in a message. */
function shown(value: unknown): string {
  const text = typeof value === "object" ? "an object or list" : (JSON.stringify(value) ?? typeof value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
