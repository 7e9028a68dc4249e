/** What a worker says first: before that it hears nothing. */
export const READY = "ready";
