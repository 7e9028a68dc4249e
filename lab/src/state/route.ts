/** The view named by the address: the part after #, so that the page works in any folder of any host. */

export const VIEWS = ["train", "inside", "step", "play", "take"] as const;
export type View = (typeof VIEWS)[number];

/** The default is the first view. */
export function viewIn(hash: string): View {
  return VIEWS.find((view) => hash === `#${view}`) ?? "train";
}
