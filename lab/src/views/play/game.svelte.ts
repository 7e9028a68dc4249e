/** The guessing game: a player, who states a confidence, against the model and its probabilities. */

import { log } from "microgpt";
import type { Lab } from "../../state/lab.svelte.ts";
import { told } from "../../state/plain.ts";
import type { Deal, Turn } from "../../worker/play/deal.ts";
import { isRefusal } from "./refusal.ts";
import { type Guess, lossOf, NO_SCORE, plus, type Score } from "./score.ts";
import { sourceOf } from "./source.ts";

/** A finished turn. */
export interface Played extends Turn {
  readonly yours: Guess;
  readonly hit: boolean;
  /** In nats. */
  readonly cost: number;
  readonly modelCost: number;
}

export class Game {
  /** Null if the field is empty. */
  seed = $state<number | null>(42);
  refused = $state.raw<string>();
  deal = $state.raw<Deal>();
  played = $state.raw<readonly Played[]>([]);
  /** True if the player stopped. */
  stopped = $state(false);
  /** In percent. */
  sure = $state(50);
  /** Number of texts with at least one turn, this one included. */
  texts = $state(0);
  /** Over all texts. */
  you = $state.raw(NO_SCORE);
  model = $state.raw(NO_SCORE);
  /** The step of the weights that play. */
  step = $state(0);
  readonly #lab: Lab;
  #round = 0;
  #roundsOf: number | null = null;
  #dealt = 0;

  constructor(lab: Lab) {
    this.#lab = lab;
  }

  get over(): boolean {
    return this.deal !== undefined && (this.stopped || this.played.length === this.deal.turns.length);
  }

  /** Your score and the model's on this text. */
  get scores(): { readonly you: Score; readonly model: Score } {
    return this.played.reduce(
      ({ you, model }, turn) => ({
        you: plus(you, turn.hit, turn.cost),
        model: plus(model, turn.guess === turn.token, turn.modelCost),
      }),
      { you: NO_SCORE, model: NO_SCORE },
    );
  }

  /** The seed's next text. */
  async begin(): Promise<void> {
    const source = sourceOf(this.#lab.report);
    if (source === undefined) return;
    if (this.seed !== this.#roundsOf) [this.#round, this.#roundsOf] = [0, this.seed];
    const [dealt, seed, round, step] = [++this.#dealt, this.seed ?? Number.NaN, this.#round, this.#lab.step];
    try {
      const answer = await this.#lab.ask(async (remote) => remote.play.deal(source, seed, round));
      if (dealt !== this.#dealt) return;
      this.refused = isRefusal(answer) ? told(answer.refused) : undefined;
      if (isRefusal(answer)) return;
      this.#round++;
      this.deal = answer;
      this.played = [];
      this.stopped = false;
      this.step = step;
    } catch (error) {
      this.#lab.complain(error);
    }
  }

  guess(token: number): void {
    const turn = this.deal?.turns[this.played.length];
    const vocabSize = this.#lab.model?.config.vocabSize;
    if (turn === undefined || vocabSize === undefined || this.over) return;
    const yours = { token, sure: this.sure / 100 };
    const hit = token === turn.token;
    const cost = lossOf(yours, turn.token, vocabSize);
    const modelCost = -log(turn.probability);
    if (this.played.length === 0) this.texts++;
    this.played = [...this.played, { ...turn, yours, hit, cost, modelCost }];
    this.you = plus(this.you, hit, cost);
    this.model = plus(this.model, turn.guess === turn.token, modelCost);
  }

  /** Forgets the game: the model or its vocabulary has changed. */
  forget(): void {
    this.#dealt++;
    this.deal = undefined;
    this.played = [];
    this.stopped = false;
    this.texts = 0;
    this.you = NO_SCORE;
    this.model = NO_SCORE;
  }
}
