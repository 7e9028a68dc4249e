/** True if there is room for all panels at once; on a phone most begin folded. */
export const isWide = (): boolean => matchMedia("(min-width: 48rem)").matches;
