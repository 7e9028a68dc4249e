/**
 * A program as one WebAssembly module: a function for each group of kernels that differ only in their buffers'
 * addresses (the layers of a GPT share theirs), and `run`, which calls them in order.
 */

import type { Program } from "../../compile/compile.ts";
import type { Kernel, MapKernel } from "../../compile/kernel.ts";
import { firstUpdate } from "../../compile/updates.ts";
import { internalError } from "../../util/errors.ts";
import { type ParametricKernel, parametric } from "../parametric.ts";
import { scheduleOf } from "../schedule.ts";
import { FunctionBuilder, ModuleBuilder } from "./asm/assembler.ts";
import { type Code, call, f32, get, i32, leave, type Rounding, set, when } from "./asm/instructions.ts";
import { attentionBytes, emitAttentionKernel } from "./attention/kernel.ts";
import { emitColumnReduction, emitElementwise, emitRowReduction } from "./kernels/map.ts";
import { emitScatter } from "./kernels/scatter.ts";
import type { Scope } from "./kernels/scope.ts";
import { emitProduct, productScratchBytes } from "./matmul/kernel.ts";

export interface RenderOptions {
  readonly rounding: Rounding;
  readonly threads: number;
  /** Byte addresses of the program's arena, and of the threads' scratch memory. */
  readonly arena: number;
  readonly scratch: number;
  readonly pages: number;
  /** Byte address of a word that is nonzero while inputs are updated. */
  readonly updating: number;
  /** Adds the function that all threads call between two kernels, and returns its index; for more than one thread. */
  readonly addBarrier?: (module: ModuleBuilder) => number;
}

/** Bytes of scratch memory that each thread needs. */
export function scratchBytesOf({ kernels, maxRows }: Program): number {
  const needs = kernels.map((kernel) => {
    if (kernel.kind === "library") return attentionBytes(kernel, maxRows);
    if (kernel.kind !== "map") return 0;
    const schedule = scheduleOf(kernel);
    return schedule.kind === "product" ? productScratchBytes(kernel, schedule.product, maxRows) : 0;
  });
  return Math.ceil((Math.max(0, ...needs) + 64) / 64) * 64;
}

/** The module's bytes; it exports `run(thread, threads, rows)`. */
export function render(program: Program, options: RenderOptions): Uint8Array<ArrayBuffer> {
  const { rounding, threads, arena, pages } = options;
  const module = new ModuleBuilder({ pages, shared: threads > 1 });
  const run = new FunctionBuilder();
  const [thread, team, rows] = [run.param(), run.param(), run.param()];
  const scratch = run.local("i32");
  const each = scratchBytesOf(program);
  run.emit(set(scratch, i32.add(i32.const(options.scratch), i32.mul(get(thread), i32.const(each)))));
  const mark = (value: number): Code =>
    when(i32.eqz(get(thread)), i32.store(i32.const(options.updating), i32.const(value)));
  const update = firstUpdate(program);
  const functions = new Map<string, number>();
  const barrier = threads > 1 ? options.addBarrier?.(module) : undefined;
  const meet = barrier === undefined ? [] : call(barrier, get(team));
  for (const kernel of program.kernels) {
    const same = parametric(kernel);
    const { args, key } = same;
    let index = functions.get(key);
    if (index === undefined) {
      index = module.add(renderKernel(same, program.maxRows, rounding, threads));
      functions.set(key, index);
    }
    const addresses = args.map(({ buffer, offset }) => {
      const address = program.plan.addresses.get(buffer);
      if (address === undefined) throw internalError(`buffer ${buffer.name} without a place`);
      return i32.const(arena + address + 4 * offset);
    });
    if (kernel === update) {
      for (const buffer of program.guards) {
        // Not finite: the difference with itself is not 0.
        const value = f32.load(i32.const(arena + (program.plan.addresses.get(buffer) ?? 0)));
        // All threads must have read the guards before the host may write to them.
        run.emit(when(f32.ne(f32.sub(value, value), f32.const(0)), [meet, leave]));
      }
      run.emit(mark(1));
    }
    run.emit(call(index, get(thread), get(team), get(rows), get(scratch), ...addresses));
    run.emit(meet);
  }
  if (update !== undefined) run.emit(mark(0));
  module.add(run, "run");
  return module.encode();
}

function renderKernel(
  { kernel, args }: ParametricKernel,
  maxRows: number,
  rounding: Rounding,
  threads: number,
): FunctionBuilder {
  const fn = new FunctionBuilder();
  const [thread, team, rows, scratch] = [fn.param(), fn.param(), fn.param(), fn.param()];
  const bases = new Map(args.map(({ parameter }) => [parameter, fn.param()]));
  const scope: Scope = {
    fn,
    rounding,
    bases,
    rows,
    team: threads > 1 ? { thread, threads: team } : undefined,
    scratch,
  };
  emitKernel(scope, kernel, maxRows);
  return fn;
}

function emitKernel(scope: Scope, kernel: Kernel, maxRows: number): void {
  switch (kernel.kind) {
    case "map":
      emitMap(scope, kernel, maxRows);
      break;
    case "scatter":
      emitScatter(scope, kernel);
      break;
    case "library":
      emitAttentionKernel(scope, kernel);
  }
}

function emitMap(scope: Scope, kernel: MapKernel, maxRows: number): void {
  const schedule = scheduleOf(kernel);
  switch (schedule.kind) {
    case "elementwise":
      emitElementwise(scope, kernel);
      break;
    case "product":
      emitProduct(scope, kernel, schedule.product, maxRows);
      break;
    case "row reduction":
      emitRowReduction(scope, kernel, schedule.reduction);
      break;
    case "column reduction":
      emitColumnReduction(scope, kernel, schedule.reduction);
  }
}
