/** The sampling settings: the content of the fields, and the library's refusal. */

import { type DataMode, TEMPERATURES } from "microgpt";
import { told } from "../../state/plain.ts";
import type { Field, Refusal } from "../../worker/play/refusal.ts";
import type { Sampling as Drawn } from "../../worker/play/write.ts";

/** The content of a number field: null if it is empty. */
type Entry = number | null;

/** Number of random seeds: short enough to tell to someone else. */
const SEEDS = 10_000;

export class Sampling {
  prompt = $state("");
  temperature = $state<Entry>(TEMPERATURES.documents);
  topK = $state<Entry>(null);
  topP = $state<Entry>(null);
  repetitionPenalty = $state<Entry>(1);
  seed = $state<Entry>(42);
  /** For running text. */
  maxNewTokens = $state<Entry>(500);
  /** The last refusal, until something else is tried. */
  refusal = $state.raw<Refusal>();
  #mode: DataMode = "documents";

  /** The settings for the worker; the library refuses an empty required field. */
  get drawn(): Drawn {
    return {
      prompt: this.prompt,
      temperature: this.temperature ?? Number.NaN,
      topK: this.topK ?? undefined,
      topP: this.topP ?? undefined,
      repetitionPenalty: this.repetitionPenalty ?? Number.NaN,
      seed: this.seed ?? Number.NaN,
    };
  }

  /** Sets the temperature that suits a kind of text, unless the user chose another. */
  suit(mode: DataMode): void {
    if (this.temperature === TEMPERATURES[this.#mode]) this.temperature = TEMPERATURES[mode];
    this.#mode = mode;
  }

  refusedOf(field: Field): string | undefined {
    return this.refusal?.field === field ? told(this.refusal.refused) : undefined;
  }
}

export function thrownSeed(): number {
  return Math.floor(Math.random() * SEEDS);
}
