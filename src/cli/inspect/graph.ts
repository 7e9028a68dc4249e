import {
  checkConfig,
  countParams,
  type GPTConfig,
  type Model,
  type PresetName,
  planStep,
  presets,
  type TrainingSettings,
} from "../../index.ts";
import { checkOutput, checkWritable, loadCheckpoint, writeAtomically } from "../../node.ts";
import { snakeCase } from "../../util/case.ts";
import { count } from "../../util/count.ts";
import { typed } from "../flags/engine.ts";
import type { Typed } from "../flags/settings.ts";
import { usage } from "../flags/usage.ts";
import { type IO, memoryLimit } from "../io.ts";
import { typedModel, typedTraining } from "../train/flags.ts";
import { GRAPH_PARTS } from "./graph-parts.ts";

/** The flags of `microgpt graph`. Undefined means not typed. */
export interface GraphFlags extends Typed<Model>, Typed<TrainingSettings> {
  readonly preset?: PresetName;
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
  const settings = { ...training, ...typedTraining(flags) };
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
  const { model } = presets[flags.preset ?? "microgpt"];
  return checkConfig({ ...model, ...typedModel(flags), vocabSize: flags.vocab_size ?? NAMES_VOCABULARY });
}

async function savedConfig(path: string, flags: GraphFlags): Promise<GPTConfig> {
  const [size] = Object.keys({ ...typedModel(flags), ...typed({ vocabSize: flags.vocab_size }) });
  if (size !== undefined) {
    throw usage(`a model or --${snakeCase(size)}`, "both", "leave one out: a saved model has its own sizes");
  }
  return (await loadCheckpoint(path, { memoryLimit: memoryLimit() })).model.config;
}
