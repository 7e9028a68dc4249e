/** The state of the tour: the current step, and whether the tour was ever offered. */

import { recall, remember } from "../state/remember.ts";
import { type View, viewIn } from "../state/route.ts";
import { STEPS, type TourStep } from "./steps.ts";

const KEY = "tour";

export class Tour {
  /** Shown on the first visit, until it is answered. */
  offered = $state(recall(KEY) === undefined);
  #at = $state<number>();
  /** The element that had the focus before the tour. */
  #from: Element | null = null;
  #leading: View | undefined;

  constructor() {
    remember(KEY, "offered");
  }

  get at(): number | undefined {
    return this.#at;
  }

  readonly step: TourStep | undefined = $derived(this.#at === undefined ? undefined : STEPS[this.#at]);

  start = (): void => {
    this.offered = false;
    this.#from = document.activeElement;
    this.#go(0);
  };

  next = (): void => this.#go((this.#at ?? 0) + 1);
  back = (): void => this.#go((this.#at ?? 0) - 1);

  refuse = (): void => {
    this.offered = false;
  };

  /** @returns the element that had the focus before the tour, if it still exists */
  end = (): HTMLElement | undefined => {
    const from = this.#from;
    this.#at = undefined;
    this.#from = null;
    return from instanceof HTMLElement && from.isConnected && from !== document.body ? from : undefined;
  };

  /** True if the tour, not the user, has just switched to a view: the focus then stays in the card. */
  hasLedTo(view: View): boolean {
    const led = this.#leading === view;
    this.#leading = undefined;
    return led;
  }

  #go(to: number): void {
    const step = STEPS[to];
    if (step === undefined) return;
    this.#at = to;
    if (viewIn(location.hash) === step.view) return;
    this.#leading = step.view;
    location.hash = step.view;
  }
}
