/** A training step compiled and not loaded: what it would take, known before any memory is taken. */

import { relaxedSimd } from "../backend/wasm/features.ts";
import { withoutPlaces } from "../backend/wasm/kernels/placeless.ts";
import { checkBytes } from "../backend/wasm/memory.ts";
import { render } from "../backend/wasm/render.ts";
import type { Roots } from "../compile/lower.ts";
import { printNumberedKernels } from "../compile/print-kernel.ts";
import { printPlan } from "../compile/print-plan.ts";
import { printGraph } from "../graph/print.ts";
import { simplify } from "../graph/simplify.ts";
import { checkConfig, countParams, type GPTConfig } from "../model/config.ts";
import type { EngineOptions, TrainerOptions } from "./engine.ts";
import { type StepProgram, stepPrograms } from "./step-programs.ts";

export interface StepPlan {
  readonly kernels: number;
  /** Weights, moments and everything between, in one memory. */
  readonly memoryBytes: number;
  /** The WebAssembly module, for one thread; where a step is several programs, that of the first. */
  readonly code: Uint8Array<ArrayBuffer>;
  /** Whether multiply and add are one instruction; not where they are to round each on its own. */
  readonly relaxed: boolean;
  /** Functions that the modules have: one for all kernels that differ only by where their buffers lie, and `run`. */
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

/**
 * The step that the compiled engine would take in training, with gradientAccumulationSteps or evaluationRows as several
 * programs one after the other. Any size may be asked about.
 */
export function planStep(
  config: GPTConfig,
  options: Omit<TrainerOptions, "steps">,
  { strict }: Pick<EngineOptions, "strict"> = {},
): StepPlan {
  const programs = stepPrograms(checkConfig(config), options);
  const [first, last] = [programs[0], programs.at(-1)] as [StepProgram, StepProgram];
  const relaxed = strict !== true && relaxedSimd();
  const memoryBytes = last.program.plan.bytes;
  const code = render(first.program, {
    target: { relaxed },
    threads: 1,
    arena: 64,
    scratch: 64 + memoryBytes,
    pages: PAGES,
    updating: 0,
  });
  const each = (print: (program: StepProgram) => string): string =>
    programs.length === 1
      ? print(first)
      : programs.map((program) => `program ${program.name}:\n${print(program)}`).join("\n\n");
  const functionsOf = ({ program }: StepProgram): number =>
    new Set(program.kernels.map((kernel) => withoutPlaces(kernel).key)).size + 1;
  const sum = (count: (program: StepProgram) => number): number =>
    programs.reduce((total, program) => total + count(program), 0);
  return {
    kernels: sum(({ program }) => program.kernels.length),
    memoryBytes,
    code,
    relaxed,
    functions: sum(functionsOf),
    printGraph: () => each(({ roots }) => printSimplified(roots)),
    printKernels: () => each(({ program }) => printNumberedKernels(program.kernels)),
    printMemory: () => each(({ program }) => printPlan(program)),
  };
}

function printSimplified({ outputs, updates }: Roots): string {
  const named = [
    ...Object.entries(outputs),
    ...Object.entries(updates).map(([name, node]) => [`next ${name}`, node] as const),
  ];
  const simple = simplify(named.map(([, node]) => node));
  return printGraph(Object.fromEntries(simple.map((node, i) => [named[i]?.[0], node])));
}

/** Tokens and parameters up to which a step is far from the limit, and its plan need not be made to know that. */
const SURELY_SMALL = 2 ** 24;

/** Errors: a training step that is larger than what WebAssembly can address. Before any memory is taken. */
export function checkArena(
  config: GPTConfig,
  options: Omit<TrainerOptions, "steps" | "maxRows">,
  maxRows: number,
): void {
  const { nLayer, nEmbd, vocabSize, blockSize } = config;
  const rows = maxRows + (options.evaluationRows ?? 0);
  const activations = rows * (vocabSize + nLayer * (20 * nEmbd + blockSize));
  if (countParams(config) + activations < SURELY_SMALL) return;
  checkBytes(stepPrograms(config, { ...options, maxRows }).at(-1)?.program.plan.bytes ?? 0);
}
