/** For tests: a graph's kernels in float64 against the graph, and a backend against them, one kernel at a time. */

import type { VisibleBackend, VisibleDevice } from "../backend/backend.ts";
import { SIMD128 } from "../backend/wasm/target.ts";
import { compile, type Program } from "../compile/compile.ts";
import { Interpreter } from "../compile/interpret.ts";
import { type Buffer, type Kernel, readsOf, writesOf } from "../compile/kernel.ts";
import { lower, type Roots } from "../compile/lower.ts";
import { plan } from "../compile/plan.ts";
import type { Room } from "../compile/target.ts";
import { evaluate } from "../graph/evaluate.ts";
import { topologicalOrder } from "../graph/graph-node.ts";
import { type Dim, ROWS } from "../util/dim.ts";
import type { Random } from "../util/random.ts";
import { knownShape, sizeOf } from "../util/shape.ts";
import { fill, interpreted, type Lists, placesOf } from "./compiled.ts";

/** A graph for a number of rows that may not be known. */
export type GraphOf = (rows: Dim) => Roots;

/** Numbers for all inputs: the given lists, and random ones for the rest. Slots of optimizers that hold squares are positive. */
export function numbersFor(graph: GraphOf, given: Lists, rows: number, random: Random): Lists {
  const { outputs, updates } = graph(rows);
  const nodes = topologicalOrder([...Object.values(outputs), ...Object.values(updates)]);
  const made = nodes.flatMap(({ source, shape }) => {
    if (source.kind !== "input" || source.name in given) return [];
    const sign = (): number => (source.name.startsWith("v") || random.random() < 0.5 ? 1 : -1);
    const numbers = Array.from({ length: sizeOf(knownShape(shape)) }, () => sign() * (0.1 + 0.5 * random.random()));
    return [[source.name, numbers] as const];
  });
  return { ...given, ...Object.fromEntries(made) };
}

/** The kernels as they are lowered. */
function unfused(roots: Roots, room: Room): Program {
  const lowered = lower(roots, room);
  const resident = [...lowered.inputs.values(), ...lowered.outputs.values(), ...lowered.constants];
  return { ...lowered, ...room, plan: plan(lowered.kernels, resident, room) };
}

/** Results in which kernels in float64 differ from the graph: unfused, fused, and fused where the plan puts their buffers. */
export function wrongInterpretations(graph: GraphOf, inputs: Lists, rows: number, maxRows: number): string[] {
  const { outputs, updates } = graph(rows);
  const expected = evaluate([...Object.values(outputs), ...Object.values(updates)], inputs);
  const fused = compile(graph(ROWS), maxRows, SIMD128);
  const ways = {
    unfused: { program: unfused(graph(ROWS), { maxRows, target: SIMD128 }) },
    fused: { program: fused },
    planned: { program: fused, planned: true },
  };
  return Object.entries(ways).flatMap(([way, { program, ...options }]) => {
    const got = interpreted(program, Object.keys(updates), options)(inputs, rows);
    return Object.keys({ ...outputs, ...updates }).flatMap((name, i) => {
      const off = apart(got[name], expected[i]);
      return off < 1e-11 ? [] : [`${name}, ${way}, is off by ${off}`];
    });
  });
}

/** Programs that one device holds. */
const TOGETHER = 16;

/** Buffers that a backend does not fill as the interpreter does, given the same numbers before each kernel. */
export function wrongKernels(program: Program, inputs: Lists, rows: number, backend: VisibleBackend): string[] {
  const interpreter = new Interpreter(program);
  fill(interpreter, program, inputs, rows);
  const alone = program.kernels.map((kernel) => programOf(kernel, program));
  let device: VisibleDevice | undefined;
  const wrong = program.kernels.flatMap((kernel, i) => {
    const own = alone[i];
    if (own === undefined) return [];
    if (i % TOGETHER === 0) {
      device?.dispose();
      device = backend.openNow(alone.slice(i, i + TOGETHER));
    }
    return wrongBuffers(kernel, own, `kernel ${i}`, interpreter, rows, device);
  });
  device?.dispose();
  return wrong;
}

function wrongBuffers(
  kernel: Kernel,
  alone: Program,
  name: string,
  interpreter: Interpreter,
  rows: number,
  device: VisibleDevice | undefined,
): string[] {
  for (const [input, buffer] of alone.inputs) {
    const list = interpreter.list(buffer);
    list.set(Float32Array.from(list));
    device?.write(alone, input, list);
  }
  device?.run(alone, rows);
  interpreter.runKernel(kernel, rows);
  return [...alone.inputs].flatMap(([input, buffer]) => {
    if (!writesOf(kernel).has(buffer)) return [];
    const [got, expected] = [device?.view(alone, input), interpreter.list(buffer)];
    // Entries that no kernel has written yet are NaN.
    const places = placesOf(buffer.shape, rows, alone).filter((at) => !Number.isNaN(expected[at]));
    const [ours, theirs] = [got, expected].map((list) => places.map((at) => list?.[at] ?? Number.NaN));
    const off = apart(ours, theirs);
    // Roundings of 6e-8, some hundred times larger where residual scales of opposite signs cancel.
    return off < 5e-5 ? [] : [`${name}, ${buffer.name}, is off by ${off}`];
  });
}

/** A kernel as a program, with all that it reads and writes as inputs. */
function programOf(kernel: Kernel, { maxRows, target }: Room): Program {
  const room = { maxRows, target };
  const buffers = [...new Set([...readsOf(kernel), ...writesOf(kernel)])];
  const inputs = new Map<string, Buffer>(buffers.map((buffer, i) => [`b${i}`, buffer]));
  const layout = plan([kernel], buffers, room);
  return { kernels: [kernel], inputs, outputs: new Map(), constants: [], guards: [], ...room, plan: layout };
}

/** The largest difference, in units of the largest entry or of 1 if that is more. */
function apart(got: ArrayLike<number> = [], expected: ArrayLike<number> = []): number {
  if (got.length !== expected.length || got.length === 0) return Number.NaN;
  const largest = Array.from(expected, Math.abs).reduce((x, y) => Math.max(x, y), 1);
  return Array.from(expected, (x, i) => Math.abs(x - (got[i] ?? Number.NaN)) / largest).reduce((x, y) =>
    Math.max(x, y),
  );
}
