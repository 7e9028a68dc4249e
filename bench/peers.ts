/**
 * The same tasks in other programs, as we measured them on two cores of an AMD EPYC, the kind of machine of the tables
 * in README.md. `npm run bench` does not measure them again.
 */

/** The name of a program and its figure. */
type Peer = readonly [name: string, figure: number, otherFigure?: number];

/** One step of microgpt.py on one document, in µs; and, if known, a document of a batch of 16. */
export const MICRO_STEP: readonly Peer[] = [
  ["CPython, microgpt.py itself", 270_000],
  ["the best other TypeScript port", 28_000],
  ["TensorFlow.js, wasm", 1_870],
  ["jax-js, wasm", 1_210],
  ["PyTorch", 760],
  ["JAX, jit", 216],
  ["C++, a tape of scalars", 143],
  ["C, gradients derived by hand", 15.5],
  ["C, vectorised by hand", 10.0, 6.7],
];

/** One step at nanoGPT's CPU size, in ms with one thread and with two. */
export const NANO_STEP: readonly Peer[] = [
  ["TensorFlow.js, wasm", 1_850],
  ["jax-js, wasm", 263],
  ["llm.c", 194, 128],
  ["PyTorch 2.13", 62, 37],
];

/** Generation at microgpt.py's size, in tokens a second. */
export const GENERATION: readonly Peer[] = [
  ["CPython, microgpt.py itself", 45],
  ["other TypeScript ports", 3_000],
  ["TensorFlow.js, wasm", 5_000],
  ["PyTorch", 6_500],
  ["C, written by hand", 1_500_000],
];

/** A table of peers with our own line among them, slowest first. */
export function peerTable(header: string, peers: readonly Peer[], ours: Peer, fasterIs: "less" | "more"): string {
  const order = fasterIs === "less" ? -1 : 1;
  const all = [...peers, ours].sort(([, one], [, other]) => order * (one - other));
  const columns = header.split("|").length - 2;
  const lines = all.map((peer) => {
    const [name, ...figures] = peer;
    const cells = Array.from({ length: columns - 1 }, (_, i) => shown(figures[i]));
    return `| ${[name, ...cells].map((cell) => (peer === ours && cell !== "" ? `**${cell}**` : cell)).join(" | ")} |`;
  });
  return [header, `|${"---|".repeat(columns)}`, ...lines].join("\n");
}

function shown(figure: number | undefined): string {
  return figure?.toLocaleString("en", { maximumSignificantDigits: 3 }) ?? "";
}
