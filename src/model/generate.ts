import type { Tokenizer } from "../data/tokenizer.ts";
import { sliding } from "./context-window.ts";
import { filterProbabilities, penalizeRepetition } from "./filter.ts";
import { checkOptions, type Drawing, type GenerateOptions } from "./generate-options.ts";
import { type LanguageModel, type NextToken, predictorOf, probabilitiesInto } from "./language-model.ts";
import { StopStrings } from "./stop-strings.ts";

/**
 * Generates one text, token by token; yields each piece after the start as soon as it is whole characters and cannot be
 * part of a stop string. With only temperature, start and maxNewTokens, the draws are those of microgpt.py. Errors: an
 * option out of range, a start that the vocabulary cannot spell or, for a document, that fills the context, a model
 * whose logits are not finite.
 */
export function* generate(
  model: LanguageModel,
  tokenizer: Tokenizer,
  options: GenerateOptions,
): Generator<string, void> {
  const drawing = checkOptions(model, tokenizer, options);
  const draw = drawer(model, tokenizer, drawing);
  const stream = tokenizer.stream();
  const stops = new StopStrings(drawing.stop);
  let drawn = draw();
  for (; typeof drawn === "number"; drawn = draw()) {
    if (options.signal?.aborted) return;
    const piece = stops.push(stream.push(drawn));
    if (piece !== "") yield piece;
    if (stops.found) return options.onEnd?.("stop");
  }
  const rest = stops.push(stream.end()) + stops.end();
  if (rest !== "") yield rest;
  options.onEnd?.(stops.found ? "stop" : drawn);
}

/** One whole text, its start included. Options and errors are those of `generate`. */
export function sample(model: LanguageModel, tokenizer: Tokenizer, options: GenerateOptions): string {
  const drawing = checkOptions(model, tokenizer, options);
  const { start = "", signal } = options;
  signal?.throwIfAborted();
  if (drawing.stop.length > 0) {
    const text = start + [...generate(model, tokenizer, options)].join("");
    signal?.throwIfAborted();
    return text;
  }
  const draw = drawer(model, tokenizer, drawing);
  const tokens: number[] = [];
  for (let drawn = draw(); typeof drawn === "number"; drawn = draw()) tokens.push(drawn);
  return start + tokenizer.decode(tokens);
}

/** Draws the next token at each call, and finally returns the ending; computes nothing in advance. */
function drawer(model: LanguageModel, { bos }: Tokenizer, drawing: Drawing): () => number | "bos" | "limit" {
  const { random, prompt, openings, limit } = drawing;
  let next: NextToken | undefined;
  let drawn = 0;
  let last = prompt.at(-1) ?? bos;
  return () => {
    const ended = last === bos && drawn > openings;
    if (drawn === limit || ended) return ended ? "bos" : "limit";
    next ??= nextTokenOf(model, bos, drawing);
    last = random.choice(next(last));
    drawn++;
    return last === bos && drawn > openings ? "bos" : last;
  };
}

/** Continues from the prompt; its first input is the prompt's last token. */
function nextTokenOf(model: LanguageModel, bos: number, drawing: Drawing): NextToken {
  const { temperature, repetitionPenalty, filters, slides, prompt } = drawing;
  const begin = (context: readonly number[]): NextToken =>
    repetitionPenalty === 1 ? predictorOf(model, context, temperature) : penalizing(model, bos, context, drawing);
  const before = prompt.slice(0, -1);
  const next = slides ? sliding(begin, before, model.config.blockSize) : begin(before);
  return filters === undefined ? next : (token) => filterProbabilities(next(token), filters);
}

/** A predictor that gives less probability to the tokens of its context. */
function penalizing(
  model: LanguageModel,
  bos: number,
  context: readonly number[],
  { temperature, repetitionPenalty }: Drawing,
): NextToken {
  const next = model.decoder();
  const seen = new Set(context);
  for (const token of context) next(token);
  const weights = new Float64Array(model.config.vocabSize);
  return (token) => {
    seen.add(token).delete(bos);
    return probabilitiesInto(weights, penalizeRepetition(next(token), seen, repetitionPenalty), temperature);
  };
}
