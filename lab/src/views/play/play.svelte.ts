/** The state of the games, kept while other views are open. */

import { createContext } from "svelte";
import type { Lab } from "../../state/lab.svelte.ts";
import type { ModelCard } from "../../worker/reading.ts";
import { Game } from "./game.svelte.ts";
import { Sampling } from "./sampling.svelte.ts";
import { Stepper } from "./stepper.svelte.ts";
import { Writer } from "./writer.svelte.ts";

export const WAYS = ["write", "step", "guess"] as const;

export class Play {
  way = $state<(typeof WAYS)[number]>("write");
  readonly sampling: Sampling;
  readonly writer: Writer;
  readonly stepper: Stepper;
  readonly game: Game;
  #known = "";

  constructor(lab: Lab) {
    this.sampling = new Sampling();
    this.writer = new Writer(lab, this.sampling);
    this.stepper = new Stepper(lab, this.sampling);
    this.game = new Game(lab);
  }

  /** Ends games played with other tokens. Call with the reader's model. */
  know({ mode, pieces }: ModelCard): void {
    const known = JSON.stringify([mode, pieces]);
    if (known === this.#known) return;
    this.#known = known;
    this.sampling.suit(mode);
    this.writer.forget();
    this.stepper.forget();
    this.game.forget();
  }
}

export const [getPlay, setPlay] = createContext<Play>();
