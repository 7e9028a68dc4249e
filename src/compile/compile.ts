/** From a graph to a program that a backend can load: simplify, lower, fuse, plan. */

import type { GraphNode } from "../graph/graph-node.ts";
import { simplify } from "../graph/simplify.ts";
import { isDynamic } from "../util/dim.ts";
import { sameShape } from "../util/shape.ts";
import { fuse } from "./fuse.ts";
import type { Buffer, Kernel } from "./kernel.ts";
import { lower, type Roots } from "./lower.ts";
import { type Plan, plan } from "./plan.ts";
import type { Target } from "./target.ts";

/** Kernels in the order in which they run, and the addresses of all buffers. */
export interface Program {
  readonly kernels: readonly Kernel[];
  readonly inputs: ReadonlyMap<string, Buffer>;
  readonly outputs: ReadonlyMap<string, Buffer>;
  readonly constants: readonly Buffer[];
  /** Outputs that must be finite before the first kernel that updates an input. */
  readonly guards: readonly Buffer[];
  /** The largest number of rows in a run. */
  readonly maxRows: number;
  readonly target: Target;
  readonly plan: Plan;
}

/**
 * Compiles the roots for runs of 1 to `maxRows` rows on a machine. Beside another program it is placed after it in the same memory,
 * and shares those inputs whose names, cells and sizes are equal and do not depend on the rows.
 */
export function compile(roots: Roots, maxRows: number, target: Target, beside?: Program): Program {
  const room = { maxRows, target };
  const [outputNames, updateNames] = [Object.keys(roots.outputs), Object.keys(roots.updates)];
  const simple = simplify([...Object.values(roots.outputs), ...Object.values(roots.updates)]);
  const named = (names: readonly string[], nodes: readonly GraphNode[]): Roots["outputs"] =>
    Object.fromEntries(nodes.map((node, i) => [names[i], node]));
  const outputNodes = named(outputNames, simple.slice(0, outputNames.length));
  const updateNodes = named(updateNames, simple.slice(outputNames.length));
  const simpler = { ...roots, outputs: outputNodes, updates: updateNodes };
  const lowered = lower(simpler, room);
  const kernels = fuse(lowered);
  const { inputs, outputs, constants, guards } = lowered;
  const resident = [...inputs.values(), ...outputs.values(), ...constants];
  const layout = plan(kernels, resident, room, beside?.plan.bytes, beside && common(inputs, beside));
  return { kernels, inputs, outputs, constants, guards, ...room, plan: layout };
}

/** The addresses of the inputs shared with another program. */
function common(inputs: Program["inputs"], { inputs: others, plan }: Program): Map<Buffer, number> {
  const addresses = new Map<Buffer, number>();
  for (const [name, buffer] of inputs) {
    const other = others.get(name);
    const alike = other?.cell === buffer.cell && sameShape(other.shape, buffer.shape);
    const same = alike && !buffer.shape.some(isDynamic);
    const address = same ? plan.addresses.get(other) : undefined;
    if (address !== undefined) addresses.set(buffer, address);
  }
  return addresses;
}
