/** The state of the step view: the step's boxes, the unfolded groups, and the selected tensor. */

import type { Lab } from "../../state/lab.svelte.ts";
import type { BoxNumbers, StepBox, StepSummary } from "../../worker/step/step.ts";
import { Explorer } from "./explorer.svelte.ts";
import { groupsAround, outlineOf } from "./outline.ts";

export class StepSession {
  readonly #lab: Lab;
  readonly explorer: Explorer;
  summary = $state.raw<StepSummary>();
  /** One line on why there is no graph. */
  problem = $state.raw<string>();
  busy = $state(false);
  /** The step and version of the weights in the graph. */
  step = $state(0);
  version = $state(-1);
  box = $state<number>();
  numbers = $state.raw<BoxNumbers>();
  /** Names of the unfolded groups. */
  open = $state.raw<ReadonlySet<string>>(new Set());
  /** The tensor or group whose source is shown: the one selected last. */
  source = $state("");
  readonly outline = $derived(outlineOf(this.summary?.boxes ?? []));
  #builds = 0;
  #choices = 0;

  constructor(lab: Lab) {
    this.#lab = lab;
    this.explorer = new Explorer(lab, "step");
  }

  /** Builds the graph of a document with the reader's weights. */
  async build(text: string): Promise<void> {
    const build = ++this.#builds;
    this.busy = true;
    const { version, step } = this.#lab;
    try {
      const summary = await this.#lab.ask((remote) => remote.step.build(text));
      if (build !== this.#builds) return;
      const before = this.summary;
      Object.assign(this, { summary, step, version, problem: undefined });
      await this.#keepPlace(before, summary);
    } catch (error) {
      if (build !== this.#builds) return;
      this.problem = error instanceof Error ? error.message : String(error);
      // If a text cannot be read, the previous graph stays, unless it has other weights.
      if (this.version !== version) this.summary = undefined;
      this.version = version;
    } finally {
      if (build === this.#builds) this.busy = false;
    }
  }

  /** Shows a tensor's numbers. */
  async choose(box: number): Promise<void> {
    const choice = ++this.#choices;
    const numbers = await this.#lab.ask((remote) => remote.step.numbers(box));
    if (choice !== this.#choices) return;
    this.box = box;
    this.numbers = numbers;
    this.source = this.chosen?.name ?? "";
  }

  /** Selects a node and its tensor. */
  async go(node: number): Promise<void> {
    await this.explorer.go(node);
    await this.follow();
  }

  /** Unfolds the tensor of the selected node in the diagram. */
  async follow(): Promise<void> {
    const box = this.explorer.facts?.box;
    if (box === undefined || box === this.box) return;
    this.open = new Set([...this.open, ...groupsAround(this.outline, box)]);
    await this.choose(box);
  }

  toggle(group: string): void {
    this.source = group;
    this.open = new Set(this.open.has(group) ? [...this.open].filter((name) => name !== group) : [...this.open, group]);
  }

  get chosen(): StepBox | undefined {
    return this.summary?.boxes[this.box ?? -1];
  }

  // The same document with other weights gives the same graph, so the selection stays.
  async #keepPlace(before: StepSummary | undefined, after: StepSummary): Promise<void> {
    const same = before?.nodes === after.nodes && before.tokens.join() === after.tokens.join();
    if (same) {
      await this.explorer.refresh();
      if (this.box !== undefined) await this.choose(this.box);
      return;
    }
    const name = before?.boxes[this.box ?? -1]?.name;
    const box = after.boxes.findIndex((candidate) => candidate.name === name);
    await this.explorer.restart(after.nodes - 1);
    await this.choose(box < 0 ? after.boxes.length - 1 : box);
  }
}
