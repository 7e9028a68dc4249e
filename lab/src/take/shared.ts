/** The content of a share link: the settings of a run and, if it is small, the resulting model. */

import {
  type Checkpoint,
  countParams,
  type DataMode,
  type EngineName,
  type EngineOptions,
  GPT,
  type GPTConfig,
  mapParams,
  namedParams,
  type PresetName,
  paramShapes,
  type Tokenizer,
  type TokenizerKind,
  type TrainingSettings,
  tokenizerFromJSON,
} from "microgpt";

/** The text that a run learns from. */
export interface SharedData {
  /** A data set of the lab, or the name of the user's own text. */
  readonly name: string;
  /** The user's own text. */
  readonly text?: string;
  /** Default: chosen by the text's appearance. */
  readonly mode?: DataMode;
  /** Set if the text was too long for a link: whoever opens the link needs the text. */
  readonly textLeftOut?: true;
}

/** The choices that begin a run. */
export interface SharedSettings {
  readonly data: SharedData;
  /** Source of the values missing in `model` and `training`. Default `microgpt`. */
  readonly preset?: PresetName;
  readonly model: Partial<Omit<GPTConfig, "vocabSize">>;
  readonly training: Partial<TrainingSettings>;
  readonly engine: EngineName;
  /** Default: char. */
  readonly tokenizer?: TokenizerKind;
  /** Share of the data to hold out. Default 0. */
  readonly valFraction?: number;
}

/** A model as plain data, which can be posted to a worker. */
export interface SharedModel {
  readonly config: GPTConfig;
  readonly tokenizer: ReturnType<Tokenizer["toJSON"]>;
  readonly mode: DataMode;
  /** All weights concatenated, in the order of `namedParams`: `countParams` numbers. */
  readonly weights: Float32Array;
}

export interface Shared {
  readonly settings: SharedSettings;
  readonly model?: SharedModel;
}

/**
 * This many weights fill half of the longest link; the rest is for the text and the tokenizer. The preset has 4,192.
 */
export const MAX_SHARED_PARAMS = 16_384;

/** True if a model of these sizes fits into a link. */
export function fitsInLink(config: GPTConfig): boolean {
  return countParams(config) <= MAX_SHARED_PARAMS;
}

/** Longest own text in a link, in UTF-8 bytes. */
export const MAX_SHARED_TEXT = 8192;

/** True if a text fits into a link. */
export function textFitsInLink(text: string): boolean {
  return new TextEncoder().encode(text).length <= MAX_SHARED_TEXT;
}

/** The model of a checkpoint as plain data, its weights in float32. */
export function sharedModel({ model, tokenizer, mode = "documents" }: Checkpoint): SharedModel {
  return { config: model.config, tokenizer: tokenizer.toJSON(), mode, weights: flatWeights(model) };
}

/** All weights of a model concatenated, in the order of `namedParams`. */
export function flatWeights(model: GPT): Float32Array<ArrayBuffer> {
  const parts = namedParams(model.state().weights).map(([, part]) => part);
  const flat = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    flat.set(part, at);
    at += part.length;
  }
  return flat;
}

/** The inverse: a model that runs. Errors: those of GPT and of `tokenizerFromJSON`. */
export function checkpointOf(
  { config, tokenizer, mode, weights }: SharedModel,
  options: EngineOptions = {},
): Checkpoint {
  let at = 0;
  const parts = mapParams(paramShapes(config), (shape) => {
    const size = shape.reduce((product, n) => product * n, 1);
    at += size;
    return weights.slice(at - size, at);
  });
  return { model: new GPT({ config, weights: parts }, options), tokenizer: tokenizerFromJSON(tokenizer), mode };
}
