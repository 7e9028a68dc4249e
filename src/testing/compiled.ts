/** For tests: graphs run by a backend, with plain lists going in and coming out. */

import type { Backend } from "../backend/backend.ts";
import type { Rounding } from "../backend/wasm/asm/instructions.ts";
import { relaxedSimd } from "../backend/wasm/features.ts";
import { SIMD128 } from "../backend/wasm/target.ts";
import { wasm } from "../backend/wasm/wasm.ts";
import { compile, type Program } from "../compile/compile.ts";
import { Interpreter, type InterpreterOptions } from "../compile/interpret.ts";
import type { Buffer } from "../compile/kernel.ts";
import type { Roots } from "../compile/lower.ts";
import { allocatedRows, entriesOf } from "../compile/plan.ts";
import type { Room } from "../compile/target.ts";
import { type Dims, shapeAt, sizeOf } from "../util/shape.ts";

/** With one instruction for multiply-add only if the engine has it. */
export const roundings: readonly Rounding[] = [{ relaxed: false }, ...(relaxedSimd() ? [{ relaxed: true }] : [])];

/** The content of unused rows: a number that must not show, and an id that is out of range. */
const STALE = 5e7;

export type Awaitable<T> = T | Promise<T>;

export type Lists = Readonly<Record<string, ArrayLike<number>>>;

/** A compiled graph: returns the outputs, and the updated inputs, by name. Unused inputs may be passed. */
export type Compiled = (inputs: Lists, rows?: number) => Record<string, number[]>;

export function compiled(roots: Roots, rounding: Rounding = { relaxed: false }, maxRows = 1): Compiled {
  return loaded(compile(roots, maxRows, SIMD128), Object.keys(roots.updates), rounding);
}

/** An already compiled program; `updates` names the inputs that it updates. */
export function loaded(
  program: Program,
  updates: readonly string[],
  rounding: Rounding = { relaxed: false },
): Compiled {
  const device = wasm({ strict: !rounding.relaxed }).openNow([program]);
  const results = resultsOf(program, updates);
  return (inputs, rows = program.maxRows) => {
    for (const [name, numbers] of laidOut(program, inputs, rows)) device.write(program, name, numbers);
    device.run(program, rows);
    return Object.fromEntries(
      [...results].map(([name, buffer]) => [name, taken(device.view(program, name), buffer, program, rows)]),
    );
  };
}

/** The same on any backend. */
export async function openedOn(
  backend: Backend,
  roots: Roots,
  maxRows = 1,
): Promise<(inputs: Lists, rows?: number) => Promise<Record<string, number[]>>> {
  const program = compile(roots, maxRows, backend.target);
  const device = await backend.open([program]);
  const results = resultsOf(program, Object.keys(roots.updates));
  return async (inputs, rows = maxRows) => {
    for (const [name, numbers] of laidOut(program, inputs, rows)) device.write(program, name, numbers);
    device.run(program, rows);
    const read = [...results].map(async ([name, buffer]) => {
      return [name, taken(await device.read(program, name), buffer, program, rows)] as const;
    });
    return Object.fromEntries(await Promise.all(read));
  };
}

/** The buffers of what a program computes. */
function resultsOf(program: Program, updates: readonly string[]): Map<string, Buffer> {
  const results = new Map<string, Buffer>(program.outputs);
  for (const name of updates) {
    const buffer = program.inputs.get(name);
    if (buffer !== undefined) results.set(name, buffer);
  }
  return results;
}

/** The inputs as their buffers hold them, with stale numbers where today's rows leave room. */
function laidOut(program: Program, lists: Lists, rows: number): [string, Float32Array][] {
  return Object.entries(lists).flatMap(([name, list]): [string, Float32Array][] => {
    const buffer = program.inputs.get(name);
    if (buffer === undefined) return [];
    const numbers = new Float32Array(entriesOf(buffer.shape, program)).fill(STALE);
    placesOf(buffer.shape, rows, program).forEach((place, i) => {
      numbers[place] = list[i] ?? Number.NaN;
    });
    return [[name, numbers]];
  });
}

function taken(numbers: ArrayLike<number>, { shape }: Buffer, program: Program, rows: number): number[] {
  return placesOf(shape, rows, program).map((place) => numbers[place] ?? Number.NaN);
}

/** The same as `loaded`, by the interpreter, in float64. */
export function interpreted(program: Program, updates: readonly string[], options: InterpreterOptions = {}): Compiled {
  const interpreter = new Interpreter(program, options);
  const results = resultsOf(program, updates);
  return (inputs, rows = program.maxRows) => {
    fill(interpreter, program, inputs, rows);
    interpreter.run(rows);
    return Object.fromEntries(
      [...results].map(([name, buffer]) => [name, taken(interpreter.list(buffer), buffer, program, rows)]),
    );
  };
}

/** Writes the inputs as their buffers hold them, with stale numbers in the rows that are unused. */
export function fill(interpreter: Interpreter, program: Program, lists: Lists, rows: number): void {
  for (const [name, list] of Object.entries(lists)) {
    const buffer = program.inputs.get(name);
    if (buffer === undefined) continue;
    const numbers = new Float64Array(entriesOf(buffer.shape, program)).fill(STALE);
    placesOf(buffer.shape, rows, program).forEach((place, i) => {
      numbers[place] = list[i] ?? Number.NaN;
    });
    interpreter.write(buffer, numbers);
  }
}

/** The positions of a tensor's entries for `rows` rows. */
export function placesOf(shape: Dims, rows: number, room: Room): number[] {
  const [today, most] = [shapeAt(shape, rows), shapeAt(shape, allocatedRows(room))];
  return today.reduce<number[]>(
    (places, n, axis) => {
      const stride = sizeOf(most.slice(axis + 1));
      return places.flatMap((place) => Array.from({ length: n }, (_, i) => place + i * stride));
    },
    [0],
  );
}
