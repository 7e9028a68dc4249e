/** Texts that the model writes while the user watches. */

import { proxy } from "comlink";
import type { DataMode, Ending } from "microgpt";
import type { Lab } from "../../state/lab.svelte.ts";
import type { News } from "../../worker/play/write.ts";
import { isRefusal } from "./refusal.ts";
import type { Sampling } from "./sampling.svelte.ts";
import { sourceOf } from "./source.ts";

export const MOST_TEXTS = 1000;

export interface Text {
  readonly text: string;
  /** The reason for its end; absent while it is being written, and if it was stopped. */
  readonly ending?: Ending;
  /** True if it is in the training data. */
  readonly copied?: boolean;
}

export class Writer {
  /** Null if the field is empty. Running text is long. */
  counts = $state<Record<DataMode, number | null>>({ documents: 20, stream: 3 });
  texts = $state.raw<readonly Text[]>([]);
  writing = $state(false);
  /** Number of texts being written, or written last. */
  wanted = $state(0);
  novelty = $state.raw<string>();
  /** The step of the weights that write. */
  step = $state(0);
  /** True if the count is invalid. */
  countRefused = $state(false);
  readonly #lab: Lab;
  readonly #sampling: Sampling;
  /** The number of the last writing; news of an earlier one is dropped. */
  #turn = 0;

  constructor(lab: Lab, sampling: Sampling) {
    this.#lab = lab;
    this.#sampling = sampling;
  }

  async write(mode: DataMode): Promise<void> {
    const source = sourceOf(this.#lab.report);
    const count = this.counts[mode] ?? Number.NaN;
    this.countRefused = !(Number.isInteger(count) && count >= 1 && count <= MOST_TEXTS);
    if (source === undefined || this.countRefused) return;
    const turn = ++this.#turn;
    const wanted = {
      ...this.#sampling.drawn,
      count,
      maxNewTokens: this.#sampling.maxNewTokens ?? Number.NaN,
    };
    this.#sampling.refusal = undefined;
    this.writing = true;
    let begun = false;
    const begin = (): void => {
      if (begun) return;
      begun = true;
      this.texts = [];
      this.novelty = undefined;
      this.wanted = wanted.count;
      this.step = this.#lab.step;
    };
    const tell = proxy(async (news: readonly News[]): Promise<void> => {
      if (turn !== this.#turn) return;
      begin();
      this.texts = added(this.texts, news);
      await nextFrame();
    });
    try {
      const answer = await this.#lab.ask(async (remote) => remote.play.write(wanted, source, tell));
      if (turn !== this.#turn) return;
      // If nothing can be written, the previous texts stay.
      if (isRefusal(answer)) this.#sampling.refusal = answer;
      else {
        const copied = answer.copied.values();
        this.texts = this.texts.map((one) => (one.ending ? { ...one, copied: copied.next().value ?? false } : one));
        this.novelty = answer.novelty;
      }
    } catch (error) {
      this.#lab.complain(error);
    } finally {
      if (turn === this.#turn) this.writing = false;
    }
  }

  /** Ends the writing; the texts stay. */
  async stop(): Promise<void> {
    try {
      await this.#lab.ask((remote) => remote.play.stop());
    } catch (error) {
      this.#lab.complain(error);
    }
  }

  /** Forgets the texts: the model has changed. */
  forget(): void {
    this.#turn++;
    this.writing = false;
    this.texts = [];
    this.novelty = undefined;
  }
}

function added(texts: readonly Text[], news: readonly News[]): Text[] {
  const longer = [...texts];
  for (const { index, added, ending } of news) {
    longer[index] = { text: (longer[index]?.text ?? "") + added, ...(ending && { ending }) };
  }
  return longer;
}

/** Resolves at the next frame; soon in a hidden tab, which has no frames. */
function nextFrame(): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, 100);
    const frame = requestAnimationFrame(done);
    function done(): void {
      clearTimeout(timer);
      cancelAnimationFrame(frame);
      resolve();
    }
  });
}
