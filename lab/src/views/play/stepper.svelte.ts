/** A text made one token at a time. */

import type { Lab } from "../../state/lab.svelte.ts";
import type { Look } from "../../worker/play/step.ts";
import { isRefusal } from "./refusal.ts";
import type { Sampling } from "./sampling.svelte.ts";

/** The text's tokens after the prompt, and how often the model had drawn when they stood there. */
type Tokens = readonly number[];

export class Stepper {
  tokens = $state.raw<Tokens>([]);
  /** The token that is looked back at; undefined for the last one. */
  at = $state<number>();
  look = $state.raw<Look>();
  undoable = $state(false);
  readonly #lab: Lab;
  readonly #sampling: Sampling;
  readonly #before: Tokens[] = [];
  /** Numbers of the seed's stream that were drawn by. They are never used again, so a second try is another one. */
  #draws = 0;
  #drawnBy: number | null = null;
  /** The last question: an answer to an earlier one is dropped. */
  #asked = 0;
  /** One thing after the other, however quickly the buttons are pressed. */
  #queue: Promise<void> = Promise.resolve();

  constructor(lab: Lab, sampling: Sampling) {
    this.#lab = lab;
    this.#sampling = sampling;
  }

  /** What the worker is told. */
  get led() {
    return { ...this.#sampling.drawn, tokens: this.tokens, ...(this.at !== undefined && { at: this.at }) };
  }

  /** Asks what there is to see. To be called whenever the model, the settings or the tokens have changed. */
  async ask(): Promise<void> {
    const asked = ++this.#asked;
    const { led } = this;
    try {
      const answer = await this.#lab.ask(async (remote) => remote.play.look(led));
      if (asked !== this.#asked) return;
      this.#sampling.refusal = isRefusal(answer) ? answer : undefined;
      if (!isRefusal(answer)) this.look = answer;
    } catch (error) {
      this.#lab.complain(error);
    }
  }

  /** Puts a token at the end, or in the place of one and all after it. */
  take(token: number, place: number = this.tokens.length): void {
    this.#go([...this.tokens.slice(0, place), token]);
  }

  /** The likeliest of all that may come next. */
  takeLikeliest(): void {
    this.#then(async () => {
      const answer = await this.#lab.ask(async (remote) => remote.play.look(this.led));
      const [first] = isRefusal(answer) ? [] : (answer.next ?? []);
      if (first !== undefined) this.take(first.token);
    });
  }

  /** What the model draws, by the next number of the seed's stream: begun anew where the seed is another one. */
  draw(): void {
    this.#then(async () => {
      const { seed } = this.#sampling;
      if (seed !== this.#drawnBy) [this.#draws, this.#drawnBy] = [0, seed];
      const token = await this.#lab.ask(async (remote) => remote.play.draw(this.led, this.#draws));
      if (isRefusal(token)) {
        this.#sampling.refusal = token;
        return;
      }
      this.#draws++;
      this.take(token);
    });
  }

  undo(): void {
    const before = this.#before.pop();
    if (before === undefined) return;
    this.tokens = before;
    this.at = undefined;
    this.undoable = this.#before.length > 0;
  }

  restart(): void {
    if (this.tokens.length > 0) this.#go([]);
  }

  /** The tokens are another vocabulary's. */
  forget(): void {
    this.#before.length = 0;
    this.undoable = false;
    this.tokens = [];
    this.at = undefined;
    this.look = undefined;
  }

  #go(tokens: Tokens): void {
    this.#before.push(this.tokens);
    this.tokens = tokens;
    this.at = undefined;
    this.undoable = true;
  }

  #then(action: () => Promise<void>): void {
    this.#queue = this.#queue.then(action).catch((error) => this.#lab.complain(error));
  }
}
