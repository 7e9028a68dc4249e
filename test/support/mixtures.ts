/** For tests: configs that mix the values of all choices, and the mixtures that published models are. */

import { type GPTConfig, MLPS, POSITIONS } from "microgpt";

const sizes = { vocabSize: 11, nLayer: 2, nHead: 4, nEmbd: 16, blockSize: 12, initStd: 0.3 };
const llama = { normGain: true, mlp: "swiglu", positions: "rope", embeddingNorm: false, finalNorm: true } as const;

/** The kinds that published models are of, at a small size. */
export const published: readonly (readonly [name: string, config: GPTConfig])[] = [
  [
    "GPT-2",
    {
      ...sizes,
      ...{ norm: "layernorm", normGain: true, bias: true, mlp: "gelu_tanh", tied: true },
      ...{ embeddingNorm: false, finalNorm: true },
    },
  ],
  ["Llama 2", { ...sizes, ...llama, nInner: 40 }],
  ["Llama 3", { ...sizes, ...llama, nInner: 40, nKvHead: 2, ropeTheta: 500_000 }],
  ["SmolLM", { ...sizes, ...llama, nHead: 6, nEmbd: 24, nKvHead: 2, nInner: 44, tied: true }],
  ["Qwen 3", { ...sizes, ...llama, nKvHead: 1, qkNorm: true, tied: true, ropeTheta: 1e6, normEps: 1e-6 }],
  ["Gemma 2's cap", { ...sizes, ...llama, logitSoftcap: 30 }],
  [
    "nanochat",
    {
      ...sizes,
      ...{ mlp: "relu2", positions: "rope", nKvHead: 2, qkNorm: true, finalNorm: true, logitSoftcap: 15 },
      ...{ valueEmbeddings: true, residualScales: true },
    },
  ],
];

/** The i-th mixture: the choices step through their values at different paces, so that they meet in many ways. */
export function mixture(i: number): [name: string, config: GPTConfig] {
  const every = (n: number, offset = 0): boolean => (i + offset) % n < n / 2;
  const kinds = {
    norm: every(2) ? "layernorm" : "rmsnorm",
    normGain: every(3),
    bias: every(4, 1),
    mlp: MLPS[i % MLPS.length] ?? "relu",
    nInner: [0, 10, 33][i % 3] ?? 0,
    positions: POSITIONS[(i + Math.floor(i / 3)) % 3] ?? "learned",
    nKvHead: [0, 1, 2][Math.floor(i / 2) % 3] ?? 0,
    qkNorm: every(5, 2),
    tied: every(6),
    embeddingNorm: every(4),
    finalNorm: every(5),
    logitSoftcap: every(7) ? 5 : 0,
    valueEmbeddings: every(8, 3),
    residualScales: every(9, 4),
  } as const;
  return [`mixture ${i}: ${Object.values(kinds).join(" ")}`, { ...sizes, nLayer: 1 + (i % 2), ...kinds }];
}
