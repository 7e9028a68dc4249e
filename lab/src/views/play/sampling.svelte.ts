/** How tokens are drawn: what stands in the fields, and what the library said of it. */

import { type DataMode, TEMPERATURES } from "microgpt";
import type { Field, Refusal } from "../../worker/play/refusal.ts";
import type { Sampling as Drawn } from "../../worker/play/write.ts";

/** What a number field holds: null when it is empty. */
type Entry = number | null;

/** Seeds that the dice throws: short enough to be told to someone else. */
const SEEDS = 10_000;

export class Sampling {
  prompt = $state("");
  temperature = $state<Entry>(TEMPERATURES.documents);
  topK = $state<Entry>(null);
  topP = $state<Entry>(null);
  repetitionPenalty = $state<Entry>(1);
  seed = $state<Entry>(42);
  /** Of running text. */
  maxNewTokens = $state<Entry>(500);
  /** What was refused, until something else is tried. */
  refusal = $state.raw<Refusal>();
  #mode: DataMode = "documents";

  /** As the worker is told; an empty field that must not be is left to the library to refuse. */
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

  /** Takes the temperature that suits a kind of text, unless another was chosen. */
  suit(mode: DataMode): void {
    if (this.temperature === TEMPERATURES[this.#mode]) this.temperature = TEMPERATURES[mode];
    this.#mode = mode;
  }

  refusedOf(field: Field): string | undefined {
    return this.refusal?.field === field ? this.refusal.refused : undefined;
  }
}

export function thrownSeed(): number {
  return Math.floor(Math.random() * SEEDS);
}
