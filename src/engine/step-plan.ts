/** A training step compiled and not loaded: what it would take, known before any memory is taken. */

import type { Roots } from "../compile/lower.ts";
import { printNumberedKernels } from "../compile/print-kernel.ts";
import { printPlan } from "../compile/print-plan.ts";
import { printGraph } from "../graph/print.ts";
import { simplify } from "../graph/simplify.ts";
import { checkConfig } from "../model/check-config.ts";
import type { GPTConfig } from "../model/config.ts";
import type { EngineOptions, TrainerOptions } from "./engine.ts";
import { compileStep, type StepProgram } from "./step-programs.ts";
import { countFunctions, isRelaxed, moduleOf } from "./wasm.ts";

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

/**
 * The step that the compiled engine would take in training, with gradientAccumulationSteps or evaluationRows as several
 * programs one after the other. Any size may be asked about.
 */
export function planStep(
  config: GPTConfig,
  options: Omit<TrainerOptions, "steps">,
  engine: Pick<EngineOptions, "strict"> = {},
): StepPlan {
  const { programs, bytes } = compileStep(checkConfig(config), options);
  const [{ program: first }] = programs;
  const relaxed = isRelaxed(engine);
  const each = (print: (program: StepProgram) => string): string =>
    programs.length === 1
      ? print(programs[0])
      : programs.map((program) => `program ${program.name}:\n${print(program)}`).join("\n\n");
  const sum = (count: (program: StepProgram) => number): number =>
    programs.reduce((total, program) => total + count(program), 0);
  return {
    kernels: sum(({ program }) => program.kernels.length),
    memoryBytes: bytes,
    code: moduleOf(first, bytes, relaxed),
    relaxed,
    functions: sum(({ program }) => countFunctions(program)),
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
