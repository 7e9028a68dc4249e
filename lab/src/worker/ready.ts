/** What a worker says of itself, before it can be asked. */

/** It holds its lock, which is free again when it is no more. */
export const HELD = "held";
/** It hears: what is asked before that is lost. */
export const READY = "ready";
