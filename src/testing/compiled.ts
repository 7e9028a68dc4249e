/** For tests: graphs run by the wasm backend, with plain lists going in and coming out. */

import type { Target } from "../backend/wasm/asm/instructions.ts";
import { relaxedSimd } from "../backend/wasm/features.ts";
import { wasm } from "../backend/wasm/wasm.ts";
import { compile, type Program } from "../compile/compile.ts";
import type { Buffer } from "../compile/kernel.ts";
import type { Roots } from "../compile/lower.ts";
import { allocatedRows } from "../compile/plan.ts";
import { type Dims, shapeAt, sizeOf } from "../util/shape.ts";

/** With one instruction for multiply-add only where the engine has it. */
export const targets: readonly Target[] = [{ relaxed: false }, ...(relaxedSimd() ? [{ relaxed: true }] : [])];

/** What lies where today's rows leave room: a number that must not show, and an id that is nowhere in memory. */
const STALE = 5e7;

export type Lists = Readonly<Record<string, ArrayLike<number>>>;

/** A compiled graph: gives the outputs, and the inputs that were updated, by name. Inputs that nothing reads may be given. */
export type Compiled = (inputs: Lists, rows?: number) => Record<string, number[]>;

export function compiled(roots: Roots, target: Target = { relaxed: false }, maxRows = 1): Compiled {
  return loaded(compile(roots, maxRows), Object.keys(roots.updates), target);
}

/** A program that was compiled already; `updates` names the inputs that it updates. */
export function loaded(program: Program, updates: readonly string[], target: Target = { relaxed: false }): Compiled {
  const { maxRows } = program;
  const device = wasm({ strict: !target.relaxed }).openNow([program]);
  const results = new Map<string, Buffer>(program.outputs);
  for (const name of updates) {
    const buffer = program.inputs.get(name);
    if (buffer !== undefined) results.set(name, buffer);
  }
  return (inputs, rows = maxRows) => {
    for (const [name, list] of Object.entries(inputs)) {
      const buffer = program.inputs.get(name);
      if (buffer === undefined) continue;
      const view = device.view(program, name);
      view.fill(STALE);
      placesOf(buffer.shape, rows, maxRows).forEach((place, i) => {
        view[place] = list[i] ?? Number.NaN;
      });
    }
    device.run(program, rows);
    return Object.fromEntries(
      [...results].map(([name, { shape }]) => {
        const view = device.view(program, name);
        return [name, placesOf(shape, rows, maxRows).map((place) => view[place] ?? Number.NaN)];
      }),
    );
  };
}

/** Where the entries of a tensor lie if it has so many rows today, of `maxRows` that there is room for. */
function placesOf(shape: Dims, rows: number, maxRows: number): number[] {
  const [today, room] = [shapeAt(shape, rows), shapeAt(shape, allocatedRows(maxRows))];
  return today.reduce<number[]>(
    (places, n, axis) => {
      const stride = sizeOf(room.slice(axis + 1));
      return places.flatMap((place) => Array.from({ length: n }, (_, i) => place + i * stride));
    },
    [0],
  );
}
