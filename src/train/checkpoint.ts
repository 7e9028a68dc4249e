/**
 * A checkpoint as one .safetensors file: the weights under microgpt.py's names, everything else as JSON texts in its
 * `__metadata__`, and, for a run that can be resumed, the optimizer's slots and the losses as tensors beside the weights (the
 * table is in ARCHITECTURE.md). Reading trusts nothing: a file loads as saved or is refused.
 */

import { checkEngineOptions, type EngineOptions, isAccelerator } from "../engine/engine-options.ts";
import { GPT } from "../engine/gpt.ts";
import { namedParams, paramShapes } from "../model/params.ts";
import { snakeCase } from "../util/case.ts";
import { mistake, show } from "../util/errors.ts";
import { type Shape, sizeOf } from "../util/shape.ts";
import { say, set } from "../util/words.ts";
import { checkCheckpoint } from "./check-run.ts";
import { CONFIG, checkFinite, DATA, EVALUATIONS, FORMAT, LOSSES, RANDOM, VERSION } from "./checkpoint-fields.ts";
import { CheckpointReader } from "./checkpoint-reader.ts";
import { slotTensors } from "./checkpoint-slots.ts";
import { NO_CHECKSUM, seal } from "./checksum.ts";
import type { Checkpoint } from "./run.ts";
import { decodeSafetensors, encodeSafetensors, type NamedTensor } from "./safetensors.ts";
import { TRAINING_SETTINGS } from "./settings.ts";

/** Encodes a checkpoint. Errors: weights that are not finite, which no reader would accept. */
export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array {
  checkCheckpoint("save", checkpoint);
  const { model, tokenizer, mode = model.mode ?? "documents", progress } = checkpoint;
  const tensors: NamedTensor[] = [];
  const put = (name: string, shape: Shape, data: Float64Array | Float32Array): void => {
    checkFinite(
      "save",
      name,
      data,
      "diverged",
      say`the run has diverged: train again with a lower ${set("learningRate")}`,
    );
    tensors.push({ name, shape, data });
  };
  const { weights, slots } = model.state();
  const shapes = new Map(namedParams(paramShapes(model.config)));
  for (const [name, data] of namedParams(weights)) put(name, shapes.get(name) ?? [], data);
  const metadata: Record<string, string> = {
    checksum: NO_CHECKSUM,
    format: FORMAT,
    version: VERSION,
    config: toJSON(Object.keys(CONFIG), model.config),
    tokenizer: JSON.stringify(tokenizer),
    mode,
    ...(isAccelerator(model.engine) && { accelerator: model.engine.name }),
  };
  if (progress !== undefined) {
    const Numbers = weights.wte instanceof Float32Array ? Float32Array : Float64Array;
    for (const { name, slot, param, shape } of slotTensors(model.config, progress.settings)) {
      put(name, shape, slots?.[slot]?.[param] ?? new Numbers(sizeOf(shape))); // 0 before the first step
    }
    const list = (name: string, numbers: readonly number[]): void =>
      put(name, [numbers.length], Float64Array.from(numbers));
    list(LOSSES, progress.losses);
    const { evaluations } = progress;
    if (evaluations.length > 0) {
      list(
        EVALUATIONS.steps,
        evaluations.map(({ step }) => step),
      );
      list(
        EVALUATIONS.losses,
        evaluations.map(({ loss }) => loss),
      );
    }
    metadata.settings = toJSON(Object.keys(TRAINING_SETTINGS), progress.settings);
    metadata.data = toJSON(Object.keys(DATA), progress.data);
    metadata.random = toJSON(RANDOM, progress.random.getState());
  }
  const file = encodeSafetensors(tensors, metadata);
  seal(file);
  return file;
}

/**
 * Decodes a checkpoint on an engine; `name` is the file's name in messages. The default engine is the one that wrote
 * it, recognized by the precision of the weights. Errors: anything that is not a complete, undamaged checkpoint of this
 * version.
 */
export function decodeCheckpoint(name: string, bytes: Uint8Array, options: EngineOptions = {}): Checkpoint {
  const operation = `checkpoint ${name}`;
  if (!(bytes instanceof Uint8Array)) {
    const fix = "read the file as bytes, or use loadCheckpoint of microgpt/node";
    throw mistake("type", operation, "its bytes, a Uint8Array", show(bytes), fix);
  }
  checkEngineOptions(options);
  const file = decodeSafetensors(operation, bytes);
  const reader = new CheckpointReader(operation, file);
  const withProgress = reader.checkMetadata();
  const config = reader.config();
  const tokenizer = reader.tokenizer(config);
  const settings = withProgress ? reader.settings() : undefined;
  reader.checkNames(config, settings);
  const weights = reader.weights(config);
  const engine = options.engine ?? (weights.wte instanceof Float64Array ? "scalar" : "wasm");
  if (engine === "scalar") reader.checkMemory(config, options.memoryLimit);
  const slots = settings && reader.slots(config, settings);
  const mode = reader.mode();
  const model = new GPT({ config, weights, ...(slots && { slots }) }, { ...options, engine, mode });
  const progress = settings && reader.progress(settings);
  reader.checkChecksum(bytes);
  const accelerator = file.metadata.get("accelerator");
  return { model, tokenizer, mode, ...(accelerator !== undefined && { accelerator }), ...(progress && { progress }) };
}

/** JSON of these fields of a record in their order, under their names on disk. */
function toJSON(fields: readonly string[], record: object): string {
  const values = new Map<string, unknown>(Object.entries(record));
  return JSON.stringify(Object.fromEntries(fields.map((field) => [snakeCase(field), values.get(field)])));
}
