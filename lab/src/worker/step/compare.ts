/** The readable and the compiled engine on the same document and weights: two derivations of the same gradient. */

import { type Checkpoint, GPT, mapParams, namedParams } from "microgpt";
import { ARITHMETIC } from "../../settings.ts";

export interface ComparedTensor {
  readonly name: string;
  /** Largest value of the readable engine's gradient. */
  readonly largest: number;
  readonly difference: number;
}

export interface Comparison {
  readonly tensors: readonly ComparedTensor[];
  /** The largest gradient and the largest difference of all. */
  readonly largest: number;
  readonly difference: number;
  readonly losses: { readonly scalar: number; readonly wasm: number };
  /** Time of each in milliseconds; the compiled one's includes compiling. */
  readonly ms: { readonly scalar: number; readonly wasm: number };
}

/** Both get the weights in float32, so that only the computation differs. Errors: those of `GPT.gradients`. */
export async function compareEngines({ model }: Checkpoint, tokens: readonly number[]): Promise<Comparison> {
  const weights = mapParams(model.state().weights, (data) => Float32Array.from(data));
  const run = async (engine: "scalar" | "wasm") => {
    const begin = performance.now();
    const gpt = new GPT({ config: model.config, weights }, { engine, threads: 1, ...ARITHMETIC });
    const { loss, gradients } = await gpt.gradients([tokens]);
    gpt.dispose();
    return { loss, gradients: namedParams(gradients), ms: performance.now() - begin };
  };
  const [scalar, wasm] = [await run("scalar"), await run("wasm")];
  const tensors = scalar.gradients.map(([name, exact], i): ComparedTensor => {
    const quick = wasm.gradients[i]?.[1] ?? [];
    const differences = Float64Array.from(exact, (g, entry) => Math.abs(g - (quick[entry] ?? Number.NaN)));
    return { name, largest: magnitude(exact), difference: magnitude(differences) };
  });
  return {
    tensors,
    largest: Math.max(...tensors.map(({ largest }) => largest)),
    difference: Math.max(...tensors.map(({ difference }) => difference)),
    losses: { scalar: scalar.loss, wasm: wasm.loss },
    ms: { scalar: scalar.ms, wasm: wasm.ms },
  };
}

function magnitude(data: ArrayLike<number>): number {
  return Array.from(data).reduce((most, x) => Math.max(most, Math.abs(x)), 0);
}
