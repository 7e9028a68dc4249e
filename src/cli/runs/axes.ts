/** The axes of the curves that `microgpt runs --overlay` draws. */

export const X_AXES = ["step", "time", "tokens"] as const;
export const Y_AXES = ["loss", "valLoss", "learningRate", "gradNorm"] as const;
export type XAxis = (typeof X_AXES)[number];
export type YAxis = (typeof Y_AXES)[number];
