/** Reads the parts of a checkpoint, trusting nothing. */

import { DATA_MODES, type DataMode } from "../data/corpus.ts";
import type { Tokenizer } from "../data/tokenizer.ts";
import { tokenizerFromJSON } from "../data/tokenizers.ts";
import type { Numbers, Weights } from "../engine/engine.ts";
import { checkConfig } from "../model/check-config.ts";
import type { Architecture, GPTConfig } from "../model/config.ts";
import { mapParams, namedParams, paramShapes } from "../model/params.ts";
import { type NamedSlots, namedSlots } from "../optim/optimizer.ts";
import { checkMemory } from "../scalar/memory.ts";
import { type ErrorCode, MicrogptError, mistake, show } from "../util/errors.ts";
import { Random, randomState } from "../util/random.ts";
import { readNames, readRecord } from "../util/setting.ts";
import { type Shape, sameShape, showShape } from "../util/shape.ts";
import { CONFIG, checkFinite, DATA, EVALUATIONS, FORMAT, LOSSES, RANDOM, VERSION } from "./checkpoint-fields.ts";
import { slotTensors } from "./checkpoint-slots.ts";
import { checksumOf, isSealed } from "./checksum.ts";
import type { Evaluation, Progress } from "./run.ts";
import type { NamedTensor, Safetensors } from "./safetensors.ts";
import { checkSettings, TRAINING_SETTINGS, type TrainingSettings } from "./settings.ts";
import type { DataFingerprint } from "./training-data.ts";

const FIX = "the file is damaged or was changed: use another copy, or train again";
const ADDED = "another program added it: save the file without it";
const PROGRESS_METADATA = ["settings", "data", "random"];

/** Reads and checks the parts of one file. */
export class CheckpointReader {
  readonly #operation: string;
  readonly #file: Safetensors;

  constructor(operation: string, file: Safetensors) {
    this.#operation = operation;
    this.#file = file;
  }

  /**
   * True if the file has the state of a run besides the model. Ignores unknown names: other programs write comments
   * there, and some replace our format with their own.
   */
  checkMetadata(): boolean {
    const { metadata } = this.#file;
    if (metadata.get("format") !== FORMAT && !(metadata.has("config") && metadata.has("tokenizer"))) {
      throw this.#refuse(
        `format "${FORMAT}" in __metadata__`,
        show(metadata.get("format")),
        "name a model that microgpt saved",
        "file-format",
      );
    }
    if (metadata.get("version") !== VERSION) {
      throw this.#refuse(
        `version "${VERSION}"`,
        show(metadata.get("version")),
        "use the microgpt that wrote it, or a newer one",
        "file-version",
      );
    }
    return PROGRESS_METADATA.some((key) => metadata.has(key));
  }

  config(): Architecture {
    return this.#within(() => checkConfig(readRecord<Architecture>("config", CONFIG, this.#json("config"))));
  }

  tokenizer(config: GPTConfig): Tokenizer {
    const tokenizer = this.#within(() => tokenizerFromJSON(this.#json("tokenizer")));
    if (tokenizer.vocabSize !== config.vocabSize) {
      throw this.#refuse(`a tokenizer of ${config.vocabSize} tokens`, `${tokenizer.vocabSize}`);
    }
    return tokenizer;
  }

  /** The mode of the training data; earlier versions had only documents. */
  mode(): DataMode {
    const mode = this.#file.metadata.get("mode") ?? "documents";
    const known = DATA_MODES.find((name) => name === mode);
    if (known === undefined) throw this.#refuse(`mode to be one of ${DATA_MODES.join(", ")}`, show(mode));
    return known;
  }

  /** Refuses tensors other than those that the config calls for, and the slots of a run with such settings. */
  checkNames(config: GPTConfig, settings: TrainingSettings | undefined): void {
    const { tensors } = this.#file;
    // Each layer has six, so a false n_layer is detected before a list of its names is made.
    if (config.nLayer > tensors.size) throw this.#refuse(`${config.nLayer} layers`, `${tensors.size} tensors`);
    const params = namedParams(paramShapes(config)).map(([name]) => name);
    const names =
      settings === undefined ? params : [...params, ...slotTensors(config, settings).map(({ name }) => name), LOSSES];
    for (const name of names) if (!tensors.has(name)) throw this.#refuse(`a tensor ${show(name)}`, "none");
    const known = new Set(settings === undefined ? names : [...names, ...Object.values(EVALUATIONS)]);
    for (const name of tensors.keys()) {
      if (!known.has(name)) throw this.#refuse("only the tensors of its config", `another, ${show(name)}`, ADDED);
    }
  }

  checkMemory(config: GPTConfig, limit?: number): void {
    const fix = "give Node more memory, for instance NODE_OPTIONS=--max-old-space-size=16384";
    MicrogptError.within(this.#operation, fix, () => checkMemory(config, 1, limit));
  }

  /** In the precision in which they were saved. */
  weights(config: GPTConfig): Weights {
    return mapParams(paramShapes(config), (shape, name) => this.#numbers(name, shape));
  }

  /** The optimizer's slots, in their saved precision. */
  slots(config: GPTConfig, settings: TrainingSettings): NamedSlots<Numbers> {
    return namedSlots(
      slotTensors(config, settings).map(({ name, slot, param, shape }) => {
        const data = this.#numbers(name, shape);
        if (name.startsWith("adam.v.") && data.some((x) => x < 0)) {
          throw this.#refuse(`mean squares in ${show(name)}`, "a negative one");
        }
        return [param, { [slot]: data }] as const;
      }),
    );
  }

  #numbers(name: string, shape: Shape): Numbers {
    const tensor = this.#tensor(name);
    if (sameShape(tensor.shape, shape)) return tensor.data;
    throw this.#refuse(`tensor ${show(name)} of shape ${showShape(shape)}`, showShape(tensor.shape));
  }

  settings(): TrainingSettings {
    return this.#within(() => checkSettings(readRecord("settings", TRAINING_SETTINGS, this.#json("settings"))));
  }

  progress(settings: TrainingSettings): Progress {
    const random = this.#within(() => Random.fromState(randomState(readNames("random", RANDOM, this.#json("random")))));
    const data = this.#within(() => readRecord<DataFingerprint>("data", DATA, this.#json("data")));
    const losses = this.#list(LOSSES);
    if (losses.length > settings.numSteps) {
      throw this.#refuse(`at most ${settings.numSteps} steps`, `${losses.length} losses`);
    }
    return { settings, data, random, losses, evaluations: this.#evaluations(losses.length) };
  }

  /** Their steps ascend, up to the run's last. */
  #evaluations(lastStep: number): Evaluation[] {
    const list = (name: string): number[] => (this.#file.tensors.has(name) ? this.#list(name) : []);
    const [steps, losses] = [list(EVALUATIONS.steps), list(EVALUATIONS.losses)];
    if (steps.length !== losses.length) {
      throw this.#refuse(`a step for each of ${losses.length} evaluations`, `${steps.length}`);
    }
    return steps.map((step, i) => {
      const after = steps[i - 1] ?? 0;
      if (!(Number.isInteger(step) && step > after && step <= lastStep)) {
        throw this.#refuse(`evaluations at steps ${after + 1} to ${lastStep}`, `one at ${step}`);
      }
      return { step, loss: losses[i] as number };
    });
  }

  /** Last, since every other error says more. A file saved by another program is trusted. */
  checkChecksum(bytes: Uint8Array): void {
    if (!isSealed(bytes)) return;
    const checksum = this.#file.metadata.get("checksum");
    const expected = checksumOf(bytes);
    if (checksum !== expected) throw this.#refuse(`checksum ${expected}`, show(checksum));
  }

  #tensor(name: string): NamedTensor {
    const tensor = this.#file.tensors.get(name);
    if (tensor === undefined) throw this.#refuse(`a tensor ${show(name)}`, "none");
    checkFinite(this.#operation, name, tensor.data, "file-damaged", FIX);
    return tensor;
  }

  #list(name: string): number[] {
    const { shape, data } = this.#tensor(name);
    if (shape.length !== 1) throw this.#refuse(`tensor "${name}" of shape (steps)`, showShape(shape));
    return [...data];
  }

  #json(key: string): unknown {
    const text = this.#file.metadata.get(key);
    try {
      return JSON.parse(text ?? "");
    } catch {
      throw this.#refuse(`JSON under ${show(key)} in __metadata__`, show(text));
    }
  }

  #within<T>(action: () => T): T {
    return MicrogptError.within(this.#operation, FIX, action, "file-damaged");
  }

  #refuse(expected: string, got: string, fix = FIX, code: ErrorCode = "file-damaged"): MicrogptError {
    return mistake(code, this.#operation, expected, got, fix);
  }
}
