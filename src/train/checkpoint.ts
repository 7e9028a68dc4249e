/**
 * A checkpoint as one .safetensors file: the weights under microgpt.py's names, everything else as JSON texts in its
 * `__metadata__`, and, for a run that can go on, Adam's moments and the losses as tensors beside the weights
 * (the table is in ARCHITECTURE.md). Reading trusts nothing: a file loads as what was saved or is refused.
 */

import { CharTokenizer } from "../data/char-tokenizer.ts";
import type { EngineOptions, Moments, Weights } from "../engine/engine.ts";
import { GPT } from "../engine/gpt.ts";
import { checkConfig, type GPTConfig, mapParams, namedParams, paramShapes } from "../model/config.ts";
import { checkMemory } from "../scalar/memory.ts";
import { camelCase, snakeCase } from "../util/case.ts";
import { MicrogptError, show } from "../util/errors.ts";
import { Random, type RandomState } from "../util/random.ts";
import { type Shape, sameShape, showShape } from "../util/shape.ts";
import { checksumOf, isSealed, NO_CHECKSUM, seal } from "./checksum.ts";
import type { Checkpoint, DataFingerprint, Progress } from "./run.ts";
import { decodeSafetensors, encodeSafetensors, type NamedTensor, type Safetensors } from "./safetensors.ts";
import { checkSettings, type TrainingSettings } from "./settings.ts";

const FORMAT = "microgpt";
const VERSION = "1";
const FIX = "the file is damaged or was changed: use another copy or train it again";

/** The names of each JSON object in the metadata, as they stand on disk. */
const CONFIG = ["vocab_size", "n_layer", "n_head", "n_embd", "block_size", "activation", "init_std", "zero_init"];
const SETTINGS = ["num_steps", "learning_rate", "schedule", "beta1", "beta2", "eps", "seed"];
/** Settings that files of 0.1.0 do not have, and what they meant then. */
const LATER_SETTINGS = { batch_size: 1, weight_decay: 0, grad_clip: 0 };
const DATA = ["name", "num_docs", "crc32"];
const RANDOM = ["words", "index", "gauss_next"];

const MODEL_METADATA = ["checksum", "format", "version", "config", "tokenizer"];
const PROGRESS_METADATA = ["settings", "data", "random"];
const LOSSES = "history.loss";

/** The file's bytes. Errors: weights that are not finite, which no reader would take back. */
export function encodeCheckpoint({ model, tokenizer, progress }: Checkpoint): Uint8Array {
  const tensors: NamedTensor[] = [];
  const put = (name: string, shape: Shape, data: Float64Array | Float32Array): void => {
    checkFinite("save", name, data, "the run has diverged: train again with a lower learning_rate");
    tensors.push({ name, shape, data });
  };
  const { weights, moments } = model.state();
  const shapes = new Map(namedParams(paramShapes(model.config)));
  const putAll = (prefix: string, all: Weights): void => {
    for (const [name, data] of namedParams(all)) put(prefix + name, shapes.get(name) ?? [], data);
  };
  putAll("", weights);
  const metadata: Record<string, string> = {
    checksum: NO_CHECKSUM,
    format: FORMAT,
    version: VERSION,
    config: toJSON(CONFIG, model.config),
    tokenizer: JSON.stringify(tokenizer),
  };
  if (progress !== undefined) {
    const still = mapParams(weights, (data) => data.map(() => 0)); // before the first step
    putAll("adam.m.", moments?.m ?? still);
    putAll("adam.v.", moments?.v ?? still);
    put(LOSSES, [progress.losses.length], Float64Array.from(progress.losses));
    metadata.settings = toJSON([...SETTINGS, ...Object.keys(LATER_SETTINGS)], progress.settings);
    metadata.data = toJSON(DATA, progress.data);
    metadata.random = toJSON(RANDOM, progress.random.getState());
  }
  const file = encodeSafetensors(tensors, metadata);
  seal(file);
  return file;
}

/**
 * The checkpoint that the bytes hold, on an engine; `name` is what messages call the file. The engine is by default the
 * one that wrote it, which the precision of the weights tells. Errors: everything that is not a whole, undamaged
 * checkpoint of this version.
 */
export function decodeCheckpoint(name: string, bytes: Uint8Array, options: EngineOptions = {}): Checkpoint {
  const operation = `checkpoint ${name}`;
  const file = decodeSafetensors(operation, bytes);
  const reader = new CheckpointReader(operation, file);
  const withProgress = reader.checkMetadata();
  const config = reader.config();
  const tokenizer = reader.tokenizer(config);
  reader.checkNames(config, withProgress);
  const weights = reader.tensors(config, "");
  const engine = options.engine ?? (weights.wte instanceof Float64Array ? "scalar" : "wasm");
  if (engine === "scalar") reader.checkMemory(config, options.memoryLimit);
  const moments = withProgress ? reader.moments(config) : undefined;
  const model = new GPT({ config, weights, ...(moments && { moments }) }, { ...options, engine });
  const progress = withProgress ? reader.progress() : undefined;
  reader.checkChecksum(bytes);
  return progress === undefined ? { model, tokenizer } : { model, tokenizer, progress };
}

/** Reads the parts of one file, each fully checked. */
class CheckpointReader {
  readonly #operation: string;
  readonly #file: Safetensors;

  constructor(operation: string, file: Safetensors) {
    this.#operation = operation;
    this.#file = file;
  }

  /** Whether the file says how to go on, besides what the model is. */
  checkMetadata(): boolean {
    const { metadata } = this.#file;
    if (metadata.get("format") !== FORMAT) {
      throw this.#refuse(
        `format "${FORMAT}" in __metadata__`,
        show(metadata.get("format")),
        "name a model that microgpt saved",
      );
    }
    if (metadata.get("version") !== VERSION) {
      throw this.#refuse(
        `version "${VERSION}"`,
        show(metadata.get("version")),
        "use the microgpt that wrote it, or a newer one",
      );
    }
    const withProgress = PROGRESS_METADATA.some((key) => metadata.has(key));
    const known = withProgress ? [...MODEL_METADATA, ...PROGRESS_METADATA] : MODEL_METADATA;
    for (const key of metadata.keys()) {
      if (!known.includes(key)) throw this.#refuse(`only ${known.join(", ")} in __metadata__`, show(key));
    }
    return withProgress;
  }

  config(): GPTConfig {
    const config = this.#record("config", CONFIG) as unknown as GPTConfig;
    return this.#within(() => checkConfig(config));
  }

  tokenizer(config: GPTConfig): CharTokenizer {
    const tokenizer = this.#within(() => CharTokenizer.fromJSON(this.#json("tokenizer")));
    if (tokenizer.vocabSize !== config.vocabSize) {
      throw this.#refuse(`a tokenizer of vocab_size ${config.vocabSize}`, `${tokenizer.vocabSize}`);
    }
    return tokenizer;
  }

  /** That just the tensors are there which the config calls for. */
  checkNames(config: GPTConfig, withProgress: boolean): void {
    const { tensors } = this.#file;
    // Each layer has six: a lying n_layer is found out before a list of its names is made.
    if (config.nLayer > tensors.size) throw this.#refuse(`${config.nLayer} layers`, `${tensors.size} tensors`);
    const params = namedParams(paramShapes(config)).map(([name]) => name);
    const names = withProgress
      ? [...params, ...params.flatMap((name) => [`adam.m.${name}`, `adam.v.${name}`]), LOSSES]
      : params;
    for (const name of names) if (!tensors.has(name)) throw this.#refuse(`a tensor ${show(name)}`, "none");
    const known = new Set(names);
    for (const name of tensors.keys()) {
      if (!known.has(name)) throw this.#refuse("only the tensors of its config", `another, ${show(name)}`);
    }
  }

  checkMemory(config: GPTConfig, limit?: number): void {
    const fix = "let Node have more memory: NODE_OPTIONS=--max-old-space-size=16384, for instance";
    MicrogptError.within(this.#operation, fix, () => checkMemory(config, 1, limit));
  }

  /** The tensors named as the weights with a prefix, in the precision in which they were saved. */
  tensors(config: GPTConfig, prefix: string): Weights {
    return mapParams(paramShapes(config), (shape, name) => {
      const tensor = this.#tensor(prefix + name);
      if (!sameShape(tensor.shape, shape)) {
        throw this.#refuse(`tensor ${show(prefix + name)} of shape ${showShape(shape)}`, showShape(tensor.shape));
      }
      return tensor.data;
    });
  }

  moments(config: GPTConfig): Moments {
    const v = mapParams(this.tensors(config, "adam.v."), (moment, name) => {
      if (moment.some((x) => x < 0)) throw this.#refuse(`mean squares in ${show(`adam.v.${name}`)}`, "a negative one");
      return moment;
    });
    return { m: this.tensors(config, "adam.m."), v };
  }

  progress(): Progress {
    const settings = this.#within(() =>
      checkSettings(this.#record("settings", SETTINGS, LATER_SETTINGS) as unknown as TrainingSettings),
    );
    const random = this.#within(() => Random.fromState(this.#record("random", RANDOM) as unknown as RandomState));
    const data = this.#record("data", DATA) as unknown as DataFingerprint;
    if (typeof data.name !== "string" || !Number.isSafeInteger(data.numDocs) || typeof data.crc32 !== "string") {
      throw this.#refuse("data with name, num_docs and crc32", show(data));
    }
    const losses = this.#tensor(LOSSES);
    if (losses.shape.length !== 1) throw this.#refuse(`tensor "${LOSSES}" of shape (steps)`, showShape(losses.shape));
    if (losses.data.length > settings.numSteps) {
      throw this.#refuse(`at most ${settings.numSteps} steps`, `${losses.data.length} losses`);
    }
    return { settings, data, random, losses: [...losses.data] };
  }

  /**
   * Last, since every other complaint tells more. A file without a checksum was written by another program and is taken
   * at its word.
   */
  checkChecksum(bytes: Uint8Array): void {
    const checksum = this.#file.metadata.get("checksum");
    if (checksum === undefined) return;
    if (!isSealed(bytes)) {
      throw this.#refuse(
        "the checksum at the head of the file",
        "it elsewhere",
        "another program saved the file anew: have it leave the metadata's checksum out",
      );
    }
    const expected = checksumOf(bytes);
    if (checksum !== expected) throw this.#refuse(`checksum ${expected}`, show(checksum));
  }

  #tensor(name: string): NamedTensor {
    const tensor = this.#file.tensors.get(name);
    if (tensor === undefined) throw this.#refuse(`a tensor ${show(name)}`, "none");
    checkFinite(this.#operation, name, tensor.data, FIX);
    return tensor;
  }

  #json(key: string): unknown {
    const text = this.#file.metadata.get(key);
    try {
      return JSON.parse(text ?? "");
    } catch {
      throw this.#refuse(`JSON under ${show(key)} in __metadata__`, show(text));
    }
  }

  /** A JSON object with just these names, which become camel case; those of `later` may be missing. */
  #record(
    key: string,
    names: readonly string[],
    later: Readonly<Record<string, unknown>> = {},
  ): Record<string, unknown> {
    const json = this.#json(key);
    const found = typeof json === "object" && json !== null && !Array.isArray(json) ? Object.keys(json) : [];
    const known = [...names, ...Object.keys(later)];
    if (!found.every((name) => known.includes(name)) || !names.every((name) => found.includes(name))) {
      throw this.#refuse(`${key} with ${names.join(", ")}`, show(found.length > 0 ? found.join(", ") : json));
    }
    return Object.fromEntries(
      Object.entries({ ...later, ...(json as object) }).map(([name, value]) => [camelCase(name), value]),
    );
  }

  #within<T>(action: () => T): T {
    return MicrogptError.within(this.#operation, FIX, action);
  }

  #refuse(expected: string, got: string, fix = FIX): MicrogptError {
    return new MicrogptError({ operation: this.#operation, expected, got, fix });
  }
}

function checkFinite(operation: string, name: string, data: Float64Array | Float32Array, fix: string): void {
  const at = data.findIndex((x) => !Number.isFinite(x));
  if (at === -1) return;
  throw new MicrogptError({
    operation,
    expected: `finite numbers in tensor ${show(name)}`,
    got: `${data[at]} at entry ${at}`,
    fix,
  });
}

/** JSON of those fields of a record, by their names on disk and in their order. */
function toJSON(names: readonly string[], record: object): string {
  const fields = new Map(Object.entries(record).map(([name, value]) => [snakeCase(name), value]));
  return JSON.stringify(Object.fromEntries(names.map((name) => [name, fields.get(name)])));
}
