/** The parts of a compiled step that `microgpt graph` shows. */
export const GRAPH_PARTS = ["graph", "kernels", "memory"] as const;
