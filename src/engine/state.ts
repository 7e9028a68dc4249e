/** A GPT in numbers: checked against its config, and in the precision of an engine. */

import { checkConfig } from "../model/check-config.ts";
import type { GPTConfig } from "../model/config.ts";
import { drawn } from "../model/init.ts";
import { narrowParams, rounded, type WeightFormat } from "../model/narrow.ts";
import { mapParams, namedParams, paramRows, paramShapes, paramTable } from "../model/params.ts";
import { mapSlots, type NamedSlots } from "../optim/optimizer.ts";
import { type OptimizerSettings, treatmentOf } from "../optim/optimizers.ts";
import { checkObject } from "../util/checks.ts";
import { mistake, show } from "../util/errors.ts";
import type { Random } from "../util/random.ts";
import { type Shape, sizeOf } from "../util/shape.ts";
import type { Engine, GPTState, Numbers, Weights } from "./engine.ts";

/** The state in the precision of an engine: the same arrays if they already have it. */
export function inPrecision({ precision }: Engine, { config, weights, slots }: GPTState): GPTState {
  const convert = (data: Numbers): Numbers => (data instanceof precision ? data : new precision(data));
  const converted = { config, weights: mapParams(weights, convert) };
  return slots === undefined
    ? converted
    : { ...converted, slots: mapSlots(slots, (params) => mapSlots(params, convert)) };
}

/** The state with its matrices rounded to a format. */
export function roundedState(state: GPTState, format: WeightFormat): GPTState {
  if (format === "f32") return state;
  const rows = new Map(narrowParams(state.config).map(({ name, shape: [count = 1] }) => [name, count]));
  const round = (numbers: Numbers, name: string): Numbers => {
    const count = rows.get(name);
    return count === undefined ? numbers : rounded(format, numbers, count);
  };
  return { config: state.config, weights: mapParams(state.weights, round) };
}

/** Fresh weights, drawn in the precision of an engine. */
export function freshWeights(config: GPTConfig, random: Random, { precision }: Engine): Weights {
  return mapParams(paramRows(config), ({ shape, init }) => drawn(init, random, new precision(sizeOf(shape))));
}

/** The config of a state whose weights and slots match it. Errors: those of `checkConfig`, a mismatch. */
export function checkWeights(state: GPTState): GPTConfig {
  checkObject("engine", "the state of a GPT", state, "pass { config, weights }");
  const config = checkConfig(state.config);
  const { weights, slots } = state;
  checkObject("engine", "weights", weights);
  const found = Array.isArray(weights.layers) ? new Map(namedParams(weights)) : new Map<string, unknown>();
  const shapes = namedParams(paramShapes(config));
  for (const [name, shape] of shapes) checkSize(`weights called ${name}`, found.get(name), shape);
  if (slots === undefined) return config;
  for (const [slot, params] of Object.entries(checkObject("engine", "slots", slots))) {
    const own = new Map(Object.entries(checkObject("engine", `slot ${slot}`, params)));
    for (const [name, shape] of shapes) {
      if (own.has(name)) checkSize(`numbers in slot ${slot} of ${name}`, own.get(name), shape);
    }
  }
  return config;
}

function checkSize(what: string, data: unknown, shape: Shape): void {
  if (isNumbers(data) && data.length === sizeOf(shape)) return;
  const got = isNumbers(data) ? `${data.length}` : show(data);
  throw mistake("shape", "engine", `${sizeOf(shape)} ${what}`, got, "pass the config that they were made with");
}

/** Refuses slots that another optimizer has left. None at all are those before the first step. */
export function checkSlots(config: GPTConfig, settings: OptimizerSettings, slots: NamedSlots<Numbers> = {}): void {
  const left = Object.keys(slots);
  if (left.length === 0) return;
  for (const param of paramTable(config)) {
    const { optimizer } = treatmentOf(settings, param);
    const found = left.filter((slot) => slots[slot]?.[param.name] !== undefined);
    if (found.length === optimizer.slots.length && optimizer.slots.every((slot) => found.includes(slot))) continue;
    const list = (names: readonly string[]): string =>
      names.length === 0 ? "no slots" : `slots ${names.join(" and ")}`;
    const expected = `${list(optimizer.slots)} of ${param.name}, as ${optimizer.name} keeps them`;
    throw mistake("conflict", "train", expected, list(found), "continue with the optimizer that trained the model");
  }
}

function isNumbers(value: unknown): value is Numbers {
  return value instanceof Float32Array || value instanceof Float64Array;
}
