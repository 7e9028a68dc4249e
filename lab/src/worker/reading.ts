/** The model that the reader holds, as it was at one moment. */

import {
  type Checkpoint,
  countParams,
  type DataMode,
  decodeCheckpoint,
  type EngineName,
  type GPTConfig,
  MicrogptError,
} from "microgpt";
import { ARITHMETIC } from "../settings.ts";
import { engineName } from "./engine-name.ts";
import { piecesOf } from "./pieces.ts";

/** The facts about the model that a view needs to ask about it. */
export interface ModelCard {
  readonly config: GPTConfig;
  readonly mode: DataMode;
  readonly engine: EngineName;
  readonly numParams: number;
  /** Each token in readable form; BOS is empty. */
  readonly pieces: readonly string[];
  readonly bos: number;
}

/** The model that all answers are about. */
export class Reading {
  #checkpoint: Checkpoint | undefined;

  /** Opens a model; earlier questions were about another one. Errors: those of a checkpoint. */
  open(bytes: Uint8Array): ModelCard {
    this.#checkpoint = decodeCheckpoint("the model", bytes, ARITHMETIC);
    const { model, tokenizer, mode = "documents" } = this.#checkpoint;
    const pieces = piecesOf(tokenizer);
    const { config } = model;
    return { config, mode, engine: engineName(model), numParams: countParams(config), pieces, bos: tokenizer.bos };
  }

  get checkpoint(): Checkpoint {
    if (this.#checkpoint !== undefined) return this.#checkpoint;
    throw new MicrogptError({
      code: "no-data",
      operation: "lab",
      expected: "a model",
      got: "none yet",
      fix: "train or open one",
    });
  }
}
