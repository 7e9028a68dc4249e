/** The steps of the tour, each with its view and its subject. Their texts are in strings.ts. */

import type { View } from "../state/route.ts";
import type { words } from "../strings.ts";

export interface TourStep {
  readonly name: keyof typeof words.tour.steps;
  readonly view: View;
  /** Other parts that it mentions, by their `data-tour`; the card avoids covering them too. */
  readonly also: readonly string[];
  /** The part that contains it, if that may be folded. */
  readonly within?: string;
}

/** The subject of a step is the element whose `data-tour` is the step's name. */
export const STEPS: readonly TourStep[] = [
  { name: "data", view: "train", also: [] },
  { name: "train", view: "train", also: ["loss", "samples"] },
  { name: "inside", view: "inside", also: ["head"], within: "attention" },
  { name: "step", view: "step", also: ["tensor"] },
  { name: "play", view: "play", also: [] },
  { name: "take", view: "take", also: [] },
];
