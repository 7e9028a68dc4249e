/**
 * A program as one WebAssembly module: a function for each kernel that differs from all others by more than where its
 * buffers lie (the layers of a GPT share theirs), and `run`, which calls them in order.
 */

import type { Program } from "../../compile/compile.ts";
import { type Kernel, loadsOf, type MapKernel, type Reduction, writesOf } from "../../compile/kernel.ts";
import { internalError } from "../../util/errors.ts";
import type { Dims } from "../../util/shape.ts";
import { FunctionBuilder, ModuleBuilder } from "./asm/assembler.ts";
import { type Code, call, f32, get, i32, leave, set, type Target, when } from "./asm/instructions.ts";
import type { Work } from "./kernels/loops.ts";
import { emitColumnReduction, emitElementwise, emitRowReduction } from "./kernels/map.ts";
import { type PlacelessKernel, withoutPlaces } from "./kernels/placeless.ts";
import { attentionBytes, emitAttentionKernel, emitScatter } from "./kernels/scatter-attention.ts";
import { emitProduct, productOf, productScratchBytes } from "./matmul/kernel.ts";

export interface RenderOptions {
  readonly target: Target;
  readonly threads: number;
  /** Byte address at which the program's arena begins, and where the threads' scratch memory does. */
  readonly arena: number;
  readonly scratch: number;
  readonly pages: number;
  /** Byte address of a word that is not 0 while inputs are updated. */
  readonly updating: number;
  /** Adds the function that all threads call between two kernels, and gives its index; for more than one thread. */
  readonly addBarrier?: (module: ModuleBuilder) => number;
}

/** Bytes of scratch memory that each thread needs. */
export function scratchBytesOf({ kernels, maxRows }: Program): number {
  const needs = kernels.map((kernel) => {
    if (kernel.kind === "library") return attentionBytes(kernel, maxRows);
    const product = kernel.kind === "map" ? productOf(kernel) : undefined;
    return product !== undefined && kernel.kind === "map" ? productScratchBytes(kernel, product, maxRows) : 0;
  });
  return Math.ceil((Math.max(0, ...needs) + 64) / 64) * 64;
}

/** The module's bytes; it exports `run(thread, threads, rows)`. */
export function render(program: Program, options: RenderOptions): Uint8Array<ArrayBuffer> {
  const { target, threads, arena, pages } = options;
  const module = new ModuleBuilder({ pages, shared: threads > 1 });
  const run = new FunctionBuilder();
  const [thread, team, rows] = [run.param(), run.param(), run.param()];
  const scratch = run.local("i32");
  const each = scratchBytesOf(program);
  run.emit(set(scratch, i32.add(i32.const(options.scratch), i32.mul(get(thread), i32.const(each)))));
  const mark = (value: number): Code =>
    when(i32.eqz(get(thread)), i32.store(i32.const(options.updating), i32.const(value)));
  let updates = false;
  const functions = new Map<string, number>();
  const barrier = threads > 1 ? options.addBarrier?.(module) : undefined;
  for (const kernel of program.kernels) {
    const placeless = withoutPlaces(kernel);
    const { places, key } = placeless;
    let index = functions.get(key);
    if (index === undefined) {
      index = module.add(renderKernel(placeless, program.maxRows, target, threads));
      functions.set(key, index);
    }
    const addresses = places.map(({ buffer, offset }) => {
      const address = program.plan.addresses.get(buffer);
      if (address === undefined) throw internalError(`buffer ${buffer.name} without a place`);
      return i32.const(arena + address + 4 * offset);
    });
    if (!updates && [...writesOf(kernel)].some(({ kind }) => kind === "input")) {
      updates = true;
      for (const buffer of program.guards) {
        // Not a number, or infinite: the difference with itself is not 0.
        const value = f32.load(i32.const(arena + (program.plan.addresses.get(buffer) ?? 0)));
        run.emit(when(f32.ne(f32.sub(value, value), f32.const(0)), leave));
      }
      run.emit(mark(1));
    }
    run.emit(call(index, get(thread), get(team), get(rows), get(scratch), ...addresses));
    if (barrier !== undefined) run.emit(call(barrier, get(team)));
  }
  if (updates) run.emit(mark(0));
  module.add(run, "run");
  return module.encode();
}

function renderKernel(
  { kernel, places }: PlacelessKernel,
  maxRows: number,
  target: Target,
  threads: number,
): FunctionBuilder {
  const fn = new FunctionBuilder();
  const [thread, team, rows, scratch] = [fn.param(), fn.param(), fn.param(), fn.param()];
  const bases = new Map(places.map(({ parameter }) => [parameter, fn.param()]));
  const work: Work = {
    fn,
    target,
    bases,
    rows,
    team: threads > 1 ? { thread, threads: team } : undefined,
    scratch,
  };
  emitKernel(work, kernel, maxRows);
  return fn;
}

function emitKernel(work: Work, kernel: Kernel, maxRows: number): void {
  switch (kernel.kind) {
    case "map":
      emitMap(work, kernel, maxRows);
      break;
    case "scatter":
      emitScatter(work, kernel);
      break;
    case "library":
      emitAttentionKernel(work, kernel);
  }
}

function emitMap(work: Work, kernel: MapKernel, maxRows: number): void {
  const { space, reduction } = kernel;
  const product = productOf(kernel);
  if (reduction === undefined) emitElementwise(work, kernel);
  else if (product !== undefined) emitProduct(work, kernel, product, maxRows);
  else if (runsAlongRows(space, reduction)) emitRowReduction(work, kernel, reduction);
  else emitColumnReduction(work, kernel, reduction);
}

/** Whether what a reduction reads lies side by side along the axis that is reduced, rather than across it. */
function runsAlongRows(space: Dims, { body }: Reduction): boolean {
  const loads = loadsOf([body]);
  const along = loads.some(({ strides }) => strides[space.length] === 1);
  return along || space.length === 0 || !loads.some(({ strides }) => strides[space.length - 1] === 1);
}
