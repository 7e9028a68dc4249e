/** The steps of the tour: where each leads, and what it speaks of there. Their words are in strings.ts. */

import type { View } from "../state/route.ts";
import type { words } from "../strings.ts";

export interface TourStep {
  readonly name: keyof typeof words.tour.steps;
  readonly view: View;
  /** Other parts that it speaks of, by their `data-tour`: the card keeps clear of them as well, if it can. */
  readonly also: readonly string[];
  /** The part that it lies in, if that may be folded. */
  readonly within?: string;
}

/** What a step speaks of is the element whose `data-tour` is the step's name. */
export const STEPS: readonly TourStep[] = [
  { name: "data", view: "train", also: [] },
  { name: "train", view: "train", also: ["loss", "samples"] },
  { name: "inside", view: "inside", also: ["head"], within: "attention" },
  { name: "step", view: "step", also: ["tensor"] },
  { name: "play", view: "play", also: [] },
  { name: "take", view: "take", also: [] },
];
