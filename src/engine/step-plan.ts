/** A training step compiled but not loaded: its cost is known before any memory is allocated. */

import type { Roots } from "../compile/lower.ts";
import { printNumberedKernels } from "../compile/print-kernel.ts";
import { printPlan } from "../compile/print-plan.ts";
import { printGraph } from "../graph/print.ts";
import { simplify } from "../graph/simplify.ts";
import { checkConfig } from "../model/check-config.ts";
import type { GPTConfig } from "../model/config.ts";
import type { TrainerOptions } from "./engine.ts";
import type { EngineOptions } from "./engine-options.ts";
import { compileStep, type StepProgram } from "./step-programs.ts";
import { countFunctions, isRelaxed, moduleOf, wasmMachine } from "./wasm.ts";

export interface StepPlan {
  readonly kernels: number;
  /** Weights, moments and everything in between, in one memory. */
  readonly memoryBytes: number;
  /** The WebAssembly module, for one thread; if a step has several programs, that of the first. */
  readonly code: Uint8Array<ArrayBuffer>;
  /** True if multiply and add are one instruction; false if they round separately. */
  readonly relaxed: boolean;
  /** Number of functions in the module: one for all kernels that differ only in their buffers' addresses, and `run`. */
  readonly functions: number;
  /** The traced step, simplified: a line a node. */
  printGraph(): string;
  /** Its kernels, in the order in which they run, numbered from 0. */
  printKernels(): string;
  /** The address of each buffer, and the kernels during which it is alive. */
  printMemory(): string;
}

/**
 * The compiled engine's training step, with gradientAccumulationSteps or evaluationRows as several consecutive
 * programs. Works for any size.
 */
export function planStep(
  config: GPTConfig,
  options: Omit<TrainerOptions, "steps">,
  engine: Pick<EngineOptions, "strict"> = {},
): StepPlan {
  const { programs, bytes } = compileStep(checkConfig(config), options, wasmMachine(engine).backend);
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
