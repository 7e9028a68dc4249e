/** The counts of a run's moments, fetched one by one while other questions are answered. */

import { SvelteMap } from "svelte/reactivity";
import type { Lab } from "../../state/lab.svelte.ts";
import type { Tally } from "../../worker/weights/tally.ts";
import type { Numbers } from "../../worker/weights/weights.ts";

/** Maximum number of moments: each is read from the disk, and its gradient computed. */
const MOST = 12;

/** At most 12 of the steps, spread evenly over the list, including the first and the last. */
export function spread(steps: readonly number[]): number[] {
  if (steps.length <= MOST) return [...steps];
  return Array.from({ length: MOST }, (_, i) => steps[Math.round((i * (steps.length - 1)) / (MOST - 1))] ?? 0);
}

export class Course {
  /** The counts of every tensor at a moment, by kind and step. */
  readonly #tallies = new SvelteMap<string, ReadonlyMap<string, Tally>>();
  readonly #lab: Lab;
  #run = -1;
  #wanted: { readonly steps: readonly number[]; readonly what: Numbers } | undefined;
  #busy = false;
  /** Moments that are gone, and those without a gradient. */
  readonly #without = new Set<string>();

  constructor(lab: Lab) {
    this.#lab = lab;
  }

  of(kind: Numbers["kind"], step: number, name: string): Tally | undefined {
    return this.#tallies.get(`${kind} ${step}`)?.get(name);
  }

  /** Fetches these moments instead of those wanted before; results already fetched stay. */
  want(steps: readonly number[], what: Numbers): void {
    if (this.#run !== this.#lab.run) {
      this.#run = this.#lab.run;
      this.#tallies.clear();
      this.#without.clear();
    }
    this.#wanted = { steps, what };
    if (!this.#busy) void this.#fetch();
  }

  /** Stops fetching. */
  rest(): void {
    this.#wanted = undefined;
  }

  async #fetch(): Promise<void> {
    this.#busy = true;
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      const { step, what } = next;
      const key = `${what.kind} ${step}`;
      const run = this.#run;
      try {
        const bytes = await this.#lab.weights(step);
        const tallies = await this.#lab.ask((remote) => remote.weights.tallies(bytes, what));
        // A new run may have begun meanwhile, with moments at the same steps.
        if (run === this.#run && run === this.#lab.run) this.#tallies.set(key, tallies);
      } catch {
        // The picture lacks a ridge; opening that moment shows the reason.
        this.#without.add(key);
      }
    }
    this.#busy = false;
  }

  #next(): { readonly step: number; readonly what: Numbers } | undefined {
    if (this.#wanted === undefined) return undefined;
    const { steps, what } = this.#wanted;
    const step = steps.find((step) => {
      const key = `${what.kind} ${step}`;
      return !(this.#tallies.has(key) || this.#without.has(key));
    });
    return step === undefined ? undefined : { step, what };
  }
}
