/** The ways to play with a model: it writes, is led token by token, and is played against. */

import type { Corpus } from "microgpt";
import type { DataChoice } from "../../settings.ts";
import type { Reading } from "../reading.ts";
import { TextData, type TextSource } from "./data.ts";
import { type Deal, deal } from "./deal.ts";
import type { Refusal } from "./refusal.ts";
import { refusing } from "./refusal.ts";
import { drawNext, type Led, type Look, look } from "./step.ts";
import { type Tell, type Wanted, type Written, write } from "./write.ts";

export function playAPI(reading: Reading, corpusOf: (data: DataChoice) => Promise<Corpus>) {
  const texts = new TextData(corpusOf);
  /** The number of the current writing: any other has ended. */
  let writing = 0;
  return {
    /**
     * Writes texts one after the other, reported piece by piece, and ends a previous writing. Resolves with their
     * comparison with the data.
     */
    write(wanted: Wanted, source: TextSource, tell: Tell): Promise<Written | Refusal> {
      const own = ++writing;
      const { checkpoint } = reading;
      return refusing(() =>
        write(checkpoint, wanted, { tell, goesOn: () => own === writing, data: () => texts.of(source) }),
      );
    },

    /** Ends the writing after the current piece. */
    stop(): void {
      writing++;
    },

    /** The tokens taken so far, and the candidates for the next. */
    look(led: Led): Promise<Look | Refusal> {
      return refusing(async () => look(reading.checkpoint, led));
    },

    /** Draws the next token with the `nth` number, from 0, of the stream of `seed`. */
    draw(led: Led, nth: number): Promise<number | Refusal> {
      return refusing(async () => drawNext(reading.checkpoint, led, nth));
    },

    /** The text of a round of the guessing game, with the model's predictions. */
    async deal(source: TextSource, seed: number, round: number): Promise<Deal | Refusal> {
      const data = await texts.of(source);
      return refusing(async () => deal(reading.checkpoint, data, seed, round));
    },
  };
}
