/** Scrolls the subject of a tour step into view, and marks it. */

import type { TourStep } from "./steps.ts";

/** style.css draws the mark. */
const MARK = "data-tour-now";
/** A new view grows for a while, which may push the target out of view again. */
const SETTLE_MS = 2500;

/** A part of the page for the tour; undefined if the view does not show it now. */
export function findPart(name: string): Element | undefined {
  return document.querySelector(`[data-tour="${name}"]`) ?? undefined;
}

export class Spotlight {
  #step: TourStep | undefined;
  #target: Element | undefined;
  /** Time until which the target is kept in view; ends when the user scrolls. */
  #until = 0;

  turnTo(step: TourStep): void {
    this.off();
    this.#step = step;
    this.#until = performance.now() + SETTLE_MS;
  }

  /** Examines the page. @returns the target's position in the window, undefined if it is not visible */
  look(): DOMRect | undefined {
    const step = this.#step;
    if (step === undefined) return undefined;
    const whole = step.within === undefined ? undefined : findPart(step.within);
    const link = document.querySelector(`nav a[href="#${step.view}"]`) ?? undefined;
    const found = findPart(step.name) ?? whole ?? link;
    if (found !== this.#target) this.#mark(found);
    if (found === undefined) return undefined;
    if (performance.now() < this.#until && !isInSight(found)) this.#show(found);
    return found.getBoundingClientRect();
  }

  /** Leaves scrolling to the user from now on. */
  leave(): void {
    this.#until = 0;
  }

  off(): void {
    this.#target?.removeAttribute(MARK);
    this.#target = undefined;
  }

  #mark(target: Element | undefined): void {
    this.off();
    this.#target = target;
    target?.setAttribute(MARK, "");
    // Unfolds a folded target, once.
    const folded = target?.querySelector(":scope > details");
    if (folded instanceof HTMLDetailsElement) folded.open = true;
    if (target !== undefined && this.#until > 0) this.#show(target);
  }

  #show(target: Element): void {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    target.scrollIntoView({ block: "start", behavior: calm ? "auto" : "smooth" });
  }
}

/** True if its top is in the upper half of the window, or all of it is visible. */
function isInSight(element: Element): boolean {
  const { top, bottom } = element.getBoundingClientRect();
  const height = document.documentElement.clientHeight;
  return top >= 0 && (top <= height / 2 || bottom <= height);
}
