/** A GPT in numbers: checked against its config, and in the precision of an engine. */

import { checkConfig, type GPTConfig, mapParams, namedParams, paramShapes } from "../model/config.ts";
import { checkObject } from "../util/checks.ts";
import { mistake, show } from "../util/errors.ts";
import { sizeOf } from "../util/shape.ts";
import type { GPTState, Weights } from "./engine.ts";

/** The state in the precision of an engine: the same arrays where they already have it. */
export function inPrecision(
  Numbers: typeof Float32Array | typeof Float64Array,
  { config, weights, moments }: GPTState,
): GPTState {
  const convert = (all: Weights): Weights =>
    mapParams(all, (data) => (data instanceof Numbers ? data : Numbers.from(data)));
  const converted = { config, weights: convert(weights) };
  return moments === undefined
    ? converted
    : { ...converted, moments: { m: convert(moments.m), v: convert(moments.v) } };
}

/** The config of a state, whose weights and moments are as large as it says. Errors: those of `checkConfig`, others. */
export function checkWeights(state: GPTState): GPTConfig {
  checkObject("engine", "the state of a GPT", state, "give { config, weights }");
  const config = checkConfig(state.config);
  const { weights, moments } = state;
  checkSizes("weights", weights, config);
  if (moments !== undefined) {
    checkSizes("moments", checkObject("engine", "moments", moments) && moments.m, config);
    checkSizes("moments", moments.v, config);
  }
  return config;
}

function checkSizes(what: string, all: Weights, config: GPTConfig): void {
  checkObject("engine", what, all);
  const found = Array.isArray(all.layers) ? new Map(namedParams(all)) : new Map<string, unknown>();
  for (const [name, shape] of namedParams(paramShapes(config))) {
    const data = found.get(name);
    if (isNumbers(data) && data.length === sizeOf(shape)) continue;
    const got = isNumbers(data) ? `${data.length}` : show(data);
    const fix = "give the config that they were made with";
    throw mistake("shape", "engine", `${sizeOf(shape)} ${what} called ${name}`, got, fix);
  }
}

function isNumbers(value: unknown): value is Float32Array | Float64Array {
  return value instanceof Float32Array || value instanceof Float64Array;
}
