/** A training step compiled and not loaded: what it would take, known before any memory is taken. */

import { relaxedSimd } from "../backend/wasm/features.ts";
import { checkBytes } from "../backend/wasm/machine.ts";
import { withoutPlaces } from "../backend/wasm/places.ts";
import { render } from "../backend/wasm/render.ts";
import { compile } from "../compile/compile.ts";
import { printNumberedKernels } from "../compile/print-kernel.ts";
import { printPlan } from "../compile/print-plan.ts";
import { printGraph } from "../graph/print.ts";
import { simplify } from "../graph/simplify.ts";
import { checkConfig, countParams, type GPTConfig } from "../model/config.ts";
import type { EngineOptions, TrainerOptions } from "./engine.ts";
import { type OptimizerSettings, trainingStep } from "./step-graph.ts";

export interface StepPlan {
  readonly kernels: number;
  /** Weights, moments and everything between, in one memory. */
  readonly memoryBytes: number;
  /** The WebAssembly module, for one thread. */
  readonly code: Uint8Array<ArrayBuffer>;
  /** Whether multiply and add are one instruction; not where they are to round each on its own. */
  readonly relaxed: boolean;
  /** Functions that the module has: one for all kernels that differ only by where their buffers lie, and `run`. */
  readonly functions: number;
  /** The traced step, simplified: a line a node. */
  printGraph(): string;
  /** What is made of it, in the order in which it runs, numbered from 0. */
  printKernels(): string;
  /** Where each buffer lies, and while which kernels run. */
  printMemory(): string;
}

/** Pages that the module asks for: what wasm32 can address, since it is not to be loaded. */
const PAGES = 65536;

/** The step that the compiled engine would take in training. Any size may be asked about. */
export function planStep(
  config: GPTConfig,
  options: Omit<TrainerOptions, "steps">,
  { strict }: Pick<EngineOptions, "strict"> = {},
): StepPlan {
  const roots = trainingStep(checkConfig(config), options);
  const program = compile(roots, options.maxRows);
  const { kernels, plan } = program;
  const relaxed = strict !== true && relaxedSimd();
  const code = render(program, {
    target: { relaxed },
    threads: 1,
    arena: 64,
    scratch: 64 + plan.bytes,
    pages: PAGES,
    updating: 0,
  });
  const named = {
    ...roots.outputs,
    ...Object.fromEntries(Object.entries(roots.updates).map(([name, node]) => [`next ${name}`, node])),
  };
  return {
    kernels: kernels.length,
    memoryBytes: plan.bytes,
    code,
    relaxed,
    functions: new Set(kernels.map((kernel) => withoutPlaces(kernel).key)).size + 1,
    printGraph: () => {
      const simple = simplify(Object.values(named));
      return printGraph(
        Object.fromEntries(Object.keys(named).flatMap((name, i) => (simple[i] ? [[name, simple[i]]] : []))),
      );
    },
    printKernels: () => printNumberedKernels(kernels),
    printMemory: () => printPlan(program),
  };
}

/** Tokens and parameters up to which a step is far from the limit, and its plan need not be made to know that. */
const SURELY_SMALL = 2 ** 24;

/** Errors: a training step that is larger than what WebAssembly can address. Before any memory is taken. */
export function checkArena(config: GPTConfig, settings: OptimizerSettings, maxRows: number): void {
  const { nLayer, nEmbd, vocabSize, blockSize } = config;
  const activations = maxRows * (vocabSize + nLayer * (20 * nEmbd + blockSize));
  if (countParams(config) + activations < SURELY_SMALL) return;
  checkBytes(compile(trainingStep(config, settings), maxRows).plan.bytes);
}
