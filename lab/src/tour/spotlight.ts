/** Brings what a step of the tour speaks of into sight, and marks it. */

import type { TourStep } from "./steps.ts";

/** The mark is drawn by style.css. */
const MARK = "data-tour-now";
/** A view that has just come grows for a while: what was in sight may be pushed out of it again. */
const SETTLE_MS = 2500;

/** A part of the page that the tour can speak of; undefined where the view does not show it now. */
export function findPart(name: string): Element | undefined {
  return document.querySelector(`[data-tour="${name}"]`) ?? undefined;
}

export class Spotlight {
  #step: TourStep | undefined;
  #target: Element | undefined;
  /** Until when the target is kept in sight: never against the visitor. */
  #until = 0;

  turnTo(step: TourStep): void {
    this.off();
    this.#step = step;
    this.#until = performance.now() + SETTLE_MS;
  }

  /** Looks at the page as it is now. @returns where the target is in the window, undefined if there is none to be seen */
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

  /** From now on the visitor decides what is in sight. */
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
    // What is folded away comes in sight, once.
    const folded = target?.querySelector(":scope > details");
    if (folded instanceof HTMLDetailsElement) folded.open = true;
    if (target !== undefined && this.#until > 0) this.#show(target);
  }

  #show(target: Element): void {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    target.scrollIntoView({ block: "start", behavior: calm ? "auto" : "smooth" });
  }
}

/** Its beginning is in the upper half of the window, or all of it is in sight. */
function isInSight(element: Element): boolean {
  const { top, bottom } = element.getBoundingClientRect();
  const height = document.documentElement.clientHeight;
  return top >= 0 && (top <= height / 2 || bottom <= height);
}
