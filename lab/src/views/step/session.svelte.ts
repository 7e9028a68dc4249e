/** What the view has of the step that is looked at: its boxes, which of them are unfolded, and the tensor that is chosen. */

import type { Lab } from "../../state/lab.svelte.ts";
import type { BoxNumbers, StepBox, StepSummary } from "../../worker/step/step.ts";
import { Explorer } from "./explorer.svelte.ts";
import { groupsAround, outlineOf } from "./outline.ts";

export class StepSession {
  readonly #lab: Lab;
  readonly explorer: Explorer;
  summary = $state.raw<StepSummary>();
  /** Why there is no graph: one line. */
  problem = $state.raw<string>();
  busy = $state(false);
  /** The step and the version of the weights that the graph is of. */
  step = $state(0);
  version = $state(-1);
  box = $state<number>();
  numbers = $state.raw<BoxNumbers>();
  /** Names of the groups that are unfolded. */
  open = $state.raw<ReadonlySet<string>>(new Set());
  /** The tensor or group whose lines of source are shown: what was touched last. */
  source = $state("");
  readonly outline = $derived(outlineOf(this.summary?.boxes ?? []));
  #builds = 0;
  #choices = 0;

  constructor(lab: Lab) {
    this.#lab = lab;
    this.explorer = new Explorer(lab, "step");
  }

  /** The graph of a document with the weights that the reader holds. */
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
      // A text that cannot be read leaves the graph before it; of other weights there must be none left.
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

  /** Looks at a node, and at the tensor that it is of. */
  async go(node: number): Promise<void> {
    await this.explorer.go(node);
    await this.follow();
  }

  /** The tensor of the node that is looked at, unfolded in the diagram. */
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

  // The same document makes the same graph of other weights: one stays where one was.
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
