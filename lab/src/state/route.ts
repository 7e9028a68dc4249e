/** Which view the address names: the part after #, so that the page can lie in any folder of any host. */

export const VIEWS = ["train", "inside", "step", "play", "take"] as const;
export type View = (typeof VIEWS)[number];

/** The first view if it names none. */
export function viewIn(hash: string): View {
  return VIEWS.find((view) => hash === `#${view}`) ?? "train";
}
