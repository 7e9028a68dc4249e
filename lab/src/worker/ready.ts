/** A worker's first messages, before it can be asked. */

/** It holds its lock, which is released when it ends. */
export const HELD = "held";
/** It listens: earlier questions are lost. */
export const READY = "ready";
