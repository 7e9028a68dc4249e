/** The options of generation, with defaults and derived values. */

import { DATA_MODES, type DataMode } from "../data/corpus.ts";
import { checkTokenizer, type Tokenizer } from "../data/tokenizer.ts";
import {
  checkAbove,
  checkBelow,
  checkFields,
  checkFunction,
  checkInteger,
  checkMethods,
  checkObject,
  checkOneOf,
  checkSignal,
  checkText,
  checkTexts,
} from "../util/checks.ts";
import { MicrogptError, mistake } from "../util/errors.ts";
import type { Random } from "../util/random.ts";
import { say, set, type Words } from "../util/words.ts";
import { keptTokens } from "./context-window.ts";
import type { Filters } from "./filter.ts";
import type { LanguageModel } from "./language-model.ts";

/** The reason why a text ended: the model drew BOS, a stop string appeared, or there was no room for more tokens. */
export type Ending = "bos" | "stop" | "limit";

export interface GenerateOptions extends Filters {
  readonly random: Random;
  /**
   * Divides the logits: 0 always takes the likeliest token (ties go to the lowest id), above 1 is bolder. Default: that
   * of `TEMPERATURES` for the mode.
   */
  readonly temperature?: number;
  /**
   * Makes tokens of the visible text less likely, at least 0.01 and below 100: CTRL uses 1.2, 1 has no effect. BOS is
   * not part of the text. Default 1.
   */
  readonly repetitionPenalty?: number;
  /**
   * The mode in which the model was trained. A document follows BOS and ends with it, or when the context (blockSize)
   * is full. Running text continues past that: a full context restarts with its last half. Default: the model's own
   * mode, if it has one, as after `startRun` and from files; else documents.
   */
  readonly mode?: DataMode;
  /**
   * The beginning of the document or running text. If it is longer than the context, running text continues from its
   * last part. Default none; running text then follows a line end, which is not shown, or a blank if the vocabulary has
   * no line end, or BOS if it has neither.
   */
  readonly start?: string;
  /** Strings that end the text before their first occurrence after the start. Default none. */
  readonly stop?: readonly string[];
  /** Maximum number of tokens to add. Default: as many as fit into the context; 500 for running text. */
  readonly maxNewTokens?: number;
  /**
   * Ends `generate` between two tokens, as if it had been left, without `onEnd`. `sample` and `samples` throw its
   * reason.
   */
  readonly signal?: AbortSignal;
  /** Called by `generate` after the last piece. */
  readonly onEnd?: (why: Ending) => void;
}

/** nanoGPT's max_new_tokens. */
const STREAM_TOKENS = 500;

/**
 * microgpt.py's temperature for names, nanoGPT's for running text, which repeats itself when colder: of 40 pieces of
 * 300 tokens by a model of source code (`small`, 800 steps) 29 had something 9 times in a row at 0.5, 17 at 0.7, 10 at
 * 0.8, 4 at 0.9; of prose 6, 8, 3 and 3 had 60 blanks in a row. The share of real words fell from 0.93 at 0.5 to 0.75
 * at 0.8 and 0.62 at 1.
 */
export const TEMPERATURES: { readonly [M in DataMode]: number } = { documents: 0.5, stream: 0.8 };

/** Options with their defaults, and derived values. */
export interface Drawing {
  readonly random: Random;
  readonly temperature: number;
  readonly repetitionPenalty: number;
  /** Undefined if none is set. */
  readonly filters: Filters | undefined;
  readonly stop: readonly string[];
  /** True if the text continues when the context is full. */
  readonly slides: boolean;
  /** The model's input before the first draw: at least one token, and no more than the context holds. */
  readonly prompt: readonly number[];
  /**
   * BOS among the first `openings` tokens drawn begins the text instead of ending it: 1 if running text has no start,
   * else 0.
   */
  readonly openings: number;
  /** Maximum number of tokens to draw. */
  readonly limit: number;
}

const FIELDS: { readonly [F in keyof Required<GenerateOptions>]: true } = {
  random: true,
  temperature: true,
  repetitionPenalty: true,
  mode: true,
  start: true,
  stop: true,
  maxNewTokens: true,
  topK: true,
  topP: true,
  minP: true,
  signal: true,
  onEnd: true,
};

/** `besides`: names of further allowed options. */
export function checkOptions(
  model: LanguageModel,
  tokenizer: Tokenizer,
  options: GenerateOptions,
  besides: readonly string[] = [],
): Drawing {
  checkModel(model, tokenizer);
  checkTypes(options, besides);
  const { blockSize } = model.config;
  const { random, repetitionPenalty = 1, start = "", stop = [] } = options;
  const { mode = model.mode ?? "documents" } = options;
  checkOneOf("generate", "mode", mode, DATA_MODES);
  const { temperature = TEMPERATURES[mode] } = options;
  checkBelow("generate", "temperature", temperature, 0, Infinity);
  checkBelow("generate", "repetitionPenalty", repetitionPenalty, 0.01, 100);
  if (stop.includes("")) throw refused("non-empty stop strings", "an empty one", "leave it out", "stop");
  const slides = mode === "stream";
  const { maxNewTokens = slides ? STREAM_TOKENS : Infinity } = options;
  if (slides || maxNewTokens !== Infinity) checkInteger("generate", "maxNewTokens", maxNewTokens, { min: 1 });
  const prompt = slides ? streamPrompt(tokenizer, start, blockSize) : documentPrompt(tokenizer, start);
  const room = blockSize - (prompt.length - 1);
  if (room < 1) {
    const expected = say`a start of fewer than ${blockSize} tokens, the model's ${set("blockSize")}`;
    throw refused(expected, `${prompt.length - 1}`, "shorten it", "start");
  }
  const limit = slides ? maxNewTokens : Math.min(room, maxNewTokens);
  const openings = slides && start === "" ? 1 : 0;
  const filters = checkFilters(options);
  const drawing = { random, repetitionPenalty, stop, slides, prompt, openings, limit };
  // Division by 0 is undefined; its limit is top-k 1, at any temperature.
  if (temperature === 0) return { ...drawing, temperature: 1, filters: { ...filters, topK: 1 } };
  return { ...drawing, temperature, filters };
}

/** Refuses anything that is not a model, or not its tokenizer. */
function checkModel(model: LanguageModel, tokenizer: Tokenizer): void {
  checkMethods("generate", "a model", model, ["decoder"], "give the model of a run or of a checkpoint");
  checkObject("generate", "the model's config", model.config);
  checkTokenizer("generate", tokenizer);
  if (tokenizer.vocabSize === model.config.vocabSize) return;
  const expected = `the model's own tokenizer, of ${model.config.vocabSize} tokens`;
  const fix = "use both from the same run or checkpoint";
  throw mistake("tokenizer", "generate", expected, `one of ${tokenizer.vocabSize}`, fix);
}

function checkTypes(options: GenerateOptions, besides: readonly string[]): void {
  checkFields("generate", "the options", options, [...Object.keys(FIELDS), ...besides]);
  const { random, start, stop, signal, onEnd } = options;
  checkMethods("generate", "random to be a Random", random, ["random", "choice"], "pass new Random(42)");
  if (start !== undefined) checkText("generate", "start", start);
  if (stop !== undefined) checkTexts("generate", "stop", stop);
  checkSignal("generate", signal);
  if (onEnd !== undefined) checkFunction("generate", "onEnd", onEnd);
}

function checkFilters({ topK, topP, minP }: Filters): Filters | undefined {
  if (topK !== undefined) checkInteger("generate", "topK", topK, { min: 1 });
  if (topP !== undefined) checkAbove("generate", "topP", topP, 0, 1);
  if (minP !== undefined) checkBelow("generate", "minP", minP, 0, 1);
  if (topK === undefined && topP === undefined && minP === undefined) return undefined;
  return { ...(topK && { topK }), ...(topP && { topP }), ...(minP && { minP }) };
}

function documentPrompt(tokenizer: Tokenizer, start: string): number[] {
  return start === "" ? [tokenizer.bos] : [tokenizer.bos, ...tokenizer.encode(start)];
}

function streamPrompt(tokenizer: Tokenizer, start: string, blockSize: number): number[] {
  const tokens = start === "" ? opening(tokenizer) : tokenizer.encode(start);
  return tokens.length > blockSize ? tokens.slice(-keptTokens(blockSize)) : tokens;
}

/** A text may begin after these. A model of running text has seen them everywhere, and BOS hardly ever. */
const SEPARATORS = ["\n", " "];

/** The first of SEPARATORS that the vocabulary can spell, or BOS. */
function opening(tokenizer: Tokenizer): number[] {
  for (const separator of SEPARATORS) {
    try {
      const tokens = tokenizer.encode(separator);
      if (tokens.length > 0) return tokens;
    } catch (error) {
      if (!(error instanceof MicrogptError)) throw error;
    }
  }
  return [tokenizer.bos];
}

function refused(expected: Words, got: string, fix: string, field: "start" | "stop"): MicrogptError {
  return mistake("length", "generate", expected, got, fix, { field });
}
