/**
 * The views besides the first one: fetched when the page has a run to show, so that it can be used sooner. They are all
 * fetched then, and nothing is after that.
 */

import type { Component } from "svelte";
import type { View } from "../state/route.ts";

export type Fetched = Readonly<Partial<Record<View, Component>>>;

const later: Readonly<Record<Exclude<View, "train">, () => Promise<{ readonly default: Component }>>> = {
  inside: () => import("./inside/InsideView.svelte"),
  step: () => import("./step/StepView.svelte"),
  play: () => import("./play/PlayView.svelte"),
  take: () => import("./take/TakeView.svelte"),
};

/** Errors: the page's host is gone, or has another version of the lab by now. */
export async function fetchViews(): Promise<Fetched> {
  const fetched = Object.entries(later).map(async ([view, load]) => [view, (await load()).default] as const);
  return Object.fromEntries(await Promise.all(fetched));
}
