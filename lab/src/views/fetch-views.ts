/**
 * Fetches the views besides the first one as soon as the page has a run to show, so that it is usable sooner. Nothing
 * is fetched after that.
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

/** Errors: the page's host is unreachable, or has a newer version of the lab. */
export async function fetchViews(): Promise<Fetched> {
  const fetched = Object.entries(later).map(async ([view, load]) => [view, (await load()).default] as const);
  return Object.fromEntries(await Promise.all(fetched));
}
