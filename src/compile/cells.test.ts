/** Inputs in narrow cells: planned in fewer bytes, and computed with the numbers that those hold. */

import { describe, expect, test } from "vitest";
import { SIMD128 } from "../backend/wasm/target.ts";
import { decodingStep } from "../engine/decode-graph.ts";
import { flatten } from "../engine/flat.ts";
import { GraphNode } from "../graph/graph-node.ts";
import type { GPTConfig } from "../model/config.ts";
import { initParams } from "../model/init.ts";
import { interpreted } from "../testing/compiled.ts";
import { interpreted as machine } from "../testing/interpreted.ts";
import { CELL_BYTES, type Cell, heldIn } from "../util/cells.ts";
import { Random } from "../util/random.ts";
import { compile } from "./compile.ts";

const config: GPTConfig = { vocabSize: 11, nLayer: 2, nHead: 2, nEmbd: 8, blockSize: 4 };
const weights = flatten(initParams(config, new Random(1), (_, data) => data));
const step = decodingStep(config, { rows: 1, slots: 4, predicts: true });
const placed = { tokens: [3], positions: [0], slots: [0], starts: [0], ends: [1], inverse_temperature: [1] };

describe.each<Cell>(["f32", "f16", "bf16", "i8"])("weights in cells of %s", (cell) => {
  const program = compile({ ...step, cells: { weights: cell } }, 1, machine.target);
  // Integers have a scale of their own.
  const scaled = cell === "i8" ? weights.map((x) => 300 * x) : weights;

  test("give the results of the numbers that the cells hold", async () => {
    const exact = interpreted(compile(step, 1, machine.target), []);
    const expected = exact({ ...placed, weights: heldIn(cell, scaled) });
    expect(interpreted(program, [])({ ...placed, weights: scaled })).toEqual(expected);
    expect(interpreted(program, [], { planned: true })({ ...placed, weights: scaled })).toEqual(expected);

    const device = await machine.open([program]);
    for (const [name, numbers] of Object.entries({ ...placed, weights: scaled })) device.write(program, name, numbers);
    device.run(program, 1);
    const logits = await device.read(program, "logits");
    const { logits: exactly = [] } = expected;
    const largest = Math.max(...exactly.map(Math.abs));
    expect(Math.max(...exactly.map((x, i) => Math.abs(x - (logits[i] ?? Number.NaN)) / largest))).toBeLessThan(2e-5);
    expect((await device.read(program, "weights")).slice(0, weights.length)).toEqual(heldIn(cell, scaled));
  });

  test("take that many bytes", () => {
    const { inputs, plan } = program;
    const [start = 0, next = 0] = [...inputs.values()]
      .map((buffer) => ({ name: buffer.name, at: plan.addresses.get(buffer) ?? 0 }))
      .sort((x, y) => x.at - y.at)
      .flatMap(({ name, at }, i, all) => (name === "weights" ? [at, all[i + 1]?.at ?? plan.bytes] : []));
    const bytes = weights.length * CELL_BYTES[cell];
    expect(next - start).toBeGreaterThanOrEqual(bytes + machine.target.vectorBytes);
    expect(next - start).toBeLessThan(bytes + 2 * machine.target.vectorBytes + machine.target.alignment);
  });
});

test("cells that no kernel of the machine reads, and narrow cells of an updated input, are our own mistakes", () => {
  const x = GraphNode.input("x", [3]);
  const read = { outputs: { y: x.mul(2) }, updates: {}, cells: { x: "bf16" } } as const;
  expect(() => compile(read, 1, SIMD128)).toThrow("internal: no kernel reads cells of bf16");
  const updated = { outputs: {}, updates: { x: x.mul(2) }, cells: { x: "bf16" } } as const;
  expect(() => compile(updated, 1, machine.target)).toThrow("internal: an update of x, whose cells are bf16");
});

test("programs share an input only if its cells are equal", () => {
  const x = GraphNode.input("x", [3]);
  const roots = (cell: Cell) => ({ outputs: { y: x.mul(2) }, updates: {}, cells: { x: cell } });
  const first = compile(roots("f16"), 1, machine.target);
  const addressIn = ({ inputs, plan }: typeof first): number | undefined => {
    const buffer = inputs.get("x");
    return buffer && plan.addresses.get(buffer);
  };
  const same = compile(roots("f16"), 1, machine.target, first);
  const other = compile(roots("i8"), 1, machine.target, first);
  expect(addressIn(same)).toBe(addressIn(first));
  expect(addressIn(other)).toBeGreaterThanOrEqual(first.plan.bytes);
});
