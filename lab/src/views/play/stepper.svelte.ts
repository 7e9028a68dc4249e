/** A text made one token at a time. */

import type { Lab } from "../../state/lab.svelte.ts";
import type { Look } from "../../worker/play/step.ts";
import { isRefusal } from "./refusal.ts";
import type { Sampling } from "./sampling.svelte.ts";

/** The tokens after the prompt, and the number of draws when each was added. */
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
  /** Number of draws used of the seed's stream. They are never reused, so a second try differs. */
  #draws = 0;
  #drawnBy: number | null = null;
  /** The last question; answers to earlier ones are dropped. */
  #asked = 0;
  /** Runs actions one after the other, however quickly the buttons are pressed. */
  #queue: Promise<void> = Promise.resolve();

  constructor(lab: Lab, sampling: Sampling) {
    this.#lab = lab;
    this.#sampling = sampling;
  }

  /** The state sent to the worker. */
  get led() {
    return { ...this.#sampling.drawn, tokens: this.tokens, ...(this.at !== undefined && { at: this.at }) };
  }

  /** Asks for the current state. Call whenever the model, the settings or the tokens have changed. */
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

  /** Adds a token at the end, or replaces one and all after it. */
  take(token: number, place: number = this.tokens.length): void {
    this.#go([...this.tokens.slice(0, place), token]);
  }

  /** Takes the likeliest next token. */
  takeLikeliest(): void {
    this.#then(async () => {
      const answer = await this.#lab.ask(async (remote) => remote.play.look(this.led));
      const [first] = isRefusal(answer) ? [] : (answer.next ?? []);
      if (first !== undefined) this.take(first.token);
    });
  }

  /** Takes the model's draw with the next number of the seed's stream, which restarts for another seed. */
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

  /** Forgets the text: the vocabulary has changed. */
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
