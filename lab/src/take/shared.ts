/** What a share link carries: the settings of a run and, if it is small, the model that came of it. */

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
  /** A data set of the lab, or what the visitor's own text is called. */
  readonly name: string;
  /** The visitor's own text. */
  readonly text?: string;
  /** Default: what the text looks like. */
  readonly mode?: DataMode;
  /** The text was too long for a link: whoever opens it needs to have it. */
  readonly textLeftOut?: true;
}

/** How a run is begun: all that the lab asks of a visitor. */
export interface SharedSettings {
  readonly data: SharedData;
  /** Whose values hold for what `model` and `training` leave out. Default `microgpt`. */
  readonly preset?: PresetName;
  readonly model: Partial<Omit<GPTConfig, "vocabSize">>;
  readonly training: Partial<TrainingSettings>;
  readonly engine: EngineName;
  /** Default: every character is a token. */
  readonly tokenizer?: TokenizerKind;
  /** Share of the data that is held out. Default 0. */
  readonly valFraction?: number;
}

/** A model as plain data, fit to be posted to a worker. */
export interface SharedModel {
  readonly config: GPTConfig;
  readonly tokenizer: ReturnType<Tokenizer["toJSON"]>;
  readonly mode: DataMode;
  /** All weights one after the other, in the order of `namedParams`: as many as `countParams` says. */
  readonly weights: Float32Array;
}

export interface Shared {
  readonly settings: SharedSettings;
  readonly model?: SharedModel;
}

/** Half of what a link can hold is this many: the rest is for the text and the tokenizer. The preset has 4,192. */
export const MAX_SHARED_PARAMS = 16_384;

/** Whether a model of these sizes can go into a link. */
export function fitsInLink(config: GPTConfig): boolean {
  return countParams(config) <= MAX_SHARED_PARAMS;
}

/** Of the visitor's own text, in UTF-8. */
export const MAX_SHARED_TEXT = 8192;

/** Whether a text is short enough to go into a link. */
export function textFitsInLink(text: string): boolean {
  return new TextEncoder().encode(text).length <= MAX_SHARED_TEXT;
}

/** The model of a checkpoint as plain data, its weights in float32. */
export function sharedModel({ model, tokenizer, mode = "documents" }: Checkpoint): SharedModel {
  return { config: model.config, tokenizer: tokenizer.toJSON(), mode, weights: flatWeights(model) };
}

/** All weights of a model one after the other, in the order of `namedParams`. */
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

/** The same as a model that runs. Errors: those of GPT and of `tokenizerFromJSON`. */
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
