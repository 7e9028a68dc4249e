/**
 * The state of the view "Look inside": the text, the heads that are off, the selected position, and the reader's
 * answer.
 */

import { createContext } from "svelte";
import type { Lab } from "../../state/lab.svelte.ts";
import { WorkerCrash } from "../../state/worker.ts";
import { words } from "../../strings.ts";
import type { HeadName, Look, Subject } from "../../worker/inside/inside.ts";
import { Newest } from "./newest.ts";

/** Number of characters of a running text shown by default. */
const EXCERPT = 60;

export class Inside {
  readonly lab: Lab;
  /** The subject of all panels; the last valid one stays while a text cannot be read. */
  look = $state.raw<Look>();
  /** One line on why the text cannot be read. */
  trouble = $state.raw<string>();
  /** True while the reader works on another text. */
  busy = $state(false);
  off = $state.raw<readonly HeadName[]>([]);
  /** The selected position; undefined for the last one. */
  picked = $state<number>();
  /** The typed text, or the beginning of the data. */
  readonly text = $derived.by(() => {
    const { insideText, report } = this.lab;
    if (report === undefined) return "";
    const { data, excerpt } = report.card;
    return insideText?.data === data.name ? insideText.text : (excerpt[0] ?? "").slice(0, EXCERPT);
  });
  #asking = new Newest();

  constructor(lab: Lab) {
    this.lab = lab;
  }

  type(text: string): void {
    this.lab.insideText = { data: this.lab.report?.card.data.name ?? "", text };
  }

  get count(): number {
    return this.look?.tokens.length ?? 0;
  }

  get position(): number {
    const last = Math.max(0, this.count - 1);
    return Math.min(this.picked ?? last, last);
  }

  pick = (position: number): void => {
    this.picked = position === this.count - 1 ? undefined : position;
  };

  /** A token in readable form. */
  name = (id: number | undefined): string => {
    const { model } = this.lab;
    return id === model?.bos ? words.inside.bos : (model?.pieces[id ?? -1] ?? "");
  };

  names({ tokens }: Look): string[] {
    return tokens.map(this.name);
  }

  isOff(layer: number, head: number): boolean {
    return this.off.some(([l, h]) => l === layer && h === head);
  }

  toggle(layer: number, head: number): void {
    const others = this.off.filter(([l, h]) => l !== layer || h !== head);
    this.off = others.length < this.off.length ? others : [...others, [layer, head]];
  }

  /** Looks at a text, unless a newer one comes first. */
  async see(subject: Subject): Promise<void> {
    await this.#asking.run(async () => {
      this.busy = true;
      try {
        this.look = await this.lab.ask((remote) => remote.inside.look(subject));
        this.trouble = undefined;
      } catch (error) {
        if (error instanceof WorkerCrash) return;
        this.trouble = error instanceof Error ? error.message : String(error);
      } finally {
        this.busy = false;
      }
    });
  }
}

export const [getInside, setInside] = createContext<Inside>();
