import {
  countParams,
  type GPTConfig,
  type PresetName,
  planStep,
  presets,
  TRAINING_SETTINGS,
  type TrainingSettings,
} from "../../index.ts";
import { checkOutput, checkWritable, loadCheckpoint, writeAtomically } from "../../node.ts";
import { typed } from "../flags/engine.ts";
import { type Typed, typedOf } from "../flags/settings.ts";
import { usage } from "../flags/usage.ts";
import { type IO, memoryLimit } from "../io.ts";
import { GRAPH_PARTS } from "./graph-parts.ts";

/** The flags of `microgpt graph`. Undefined means not typed. */
export interface GraphFlags extends Typed<TrainingSettings> {
  readonly preset?: PresetName;
  readonly n_layer?: number;
  readonly n_head?: number;
  readonly n_embd?: number;
  readonly block_size?: number;
  readonly vocab_size?: number;
  readonly only?: (typeof GRAPH_PARTS)[number];
  readonly strict?: true;
  readonly wasm?: string;
}

/** The vocabulary size of the packaged names. */
const NAMES_VOCABULARY = 27;

/** Shows how the compiled engine runs a training step: the graph, its kernels, the memory plan. */
export async function graphCommand(path: string | undefined, flags: GraphFlags, { terminal }: IO): Promise<void> {
  if (flags.wasm !== undefined) {
    await checkWritable(flags.wasm);
    await checkOutput(flags.wasm, "wasm", path === undefined ? [] : [path]);
  }
  const config = path === undefined ? configOf(flags) : await savedConfig(path, flags);
  const { training } = presets[flags.preset ?? "microgpt"];
  const settings = { ...training, ...typedOf(TRAINING_SETTINGS, flags) };
  const maxRows = settings.batchSize * config.blockSize;
  const plan = planStep(config, { ...settings, maxRows }, typed({ strict: flags.strict }));
  const parts = {
    graph: () => `graph: R rows, a token each, at most ${maxRows}\n${plan.printGraph()}`,
    kernels: () => `kernels: ${plan.kernels}, in the order in which they run\n${plan.printKernels()}`,
    memory: () => `memory: ${count(plan.memoryBytes)} bytes\n${plan.printMemory()}`,
  };
  const shown = GRAPH_PARTS.filter((part) => flags.only === undefined || flags.only === part);
  terminal.verbatim(shown.map((part) => parts[part]()).join("\n\n"));
  if (flags.only === undefined) {
    const { code, functions } = plan;
    const summary = `${count(countParams(config))} parameters, ${plan.kernels} kernels in ${functions} functions`;
    terminal.line(`\n${summary}, ${count(code.length)} bytes of WebAssembly, ${count(plan.memoryBytes)} of memory`);
  }
  if (flags.wasm !== undefined) {
    await writeAtomically(flags.wasm, plan.code);
    terminal.line(`wrote ${flags.wasm}`);
  }
}

function configOf(flags: GraphFlags): GPTConfig {
  const { n_layer: nLayer, n_head: nHead, n_embd: nEmbd, block_size: blockSize, vocab_size: vocabSize } = flags;
  const { model } = presets[flags.preset ?? "microgpt"];
  return { ...model, vocabSize: NAMES_VOCABULARY, ...typed({ nLayer, nHead, nEmbd, blockSize, vocabSize }) };
}

async function savedConfig(path: string, flags: GraphFlags): Promise<GPTConfig> {
  const sizes = ["n_layer", "n_head", "n_embd", "block_size", "vocab_size"] as const;
  const typedSize = sizes.find((flag) => flags[flag] !== undefined);
  if (typedSize !== undefined)
    throw usage(`a model or --${typedSize}`, "both", "leave one out: a saved model has its sizes");
  return (await loadCheckpoint(path, { memoryLimit: memoryLimit() })).model.config;
}

function count(n: number): string {
  return n.toLocaleString("en");
}
