/** Any graph, compiled with or without fusion, gives the result of `evaluate`, which runs node by node. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Program } from "../../compile/compile.ts";
import { fuse } from "../../compile/fuse.ts";
import { lower, type Roots } from "../../compile/lower.ts";
import { plan } from "../../compile/plan.ts";
import { evaluate } from "../../graph/evaluate.ts";
import { GraphNode } from "../../graph/graph-node.ts";
import { simplify } from "../../graph/simplify.ts";
import { dropout } from "../../model/dropout.ts";
import { rmsnorm, softmax } from "../../tensor/nn.ts";
import { type Compiled, compiled, interpreted, type Lists, loaded, roundings } from "../../testing/compiled.ts";
import { type Dim, ROWS } from "../../util/dim.ts";
import { SIMD128 } from "./target.ts";

// R rows of C channels, tables of N rows.
const [C, N] = [6, 11];
const ROOM = { maxRows: 9, target: SIMD128 };

function inputsFor(R: Dim) {
  return {
    x: GraphNode.input("x", [R, C]),
    y: GraphNode.input("y", [R, 1]),
    z: GraphNode.input("z", [C]),
    w: GraphNode.input("w", [C, C]),
    ids: GraphNode.input("ids", [R]), // below C
    places: GraphNode.input("places", [R]), // below N, all distinct
    starts: GraphNode.input("starts", [R]),
    ends: GraphNode.input("ends", [R]),
    table: GraphNode.input("table", [N, C]), // updated
    s: GraphNode.input("s", [C, C]), // updated
    t: GraphNode.input("t", [C, C]), // updated
  };
}

type Inputs = ReturnType<typeof inputsFor>;

/** A step on two nodes of shape (R, C), giving one of that shape. */
const steps: readonly ((a: GraphNode, b: GraphNode, inputs: Inputs) => GraphNode)[] = [
  (a, b) => a.add(b),
  (a, b) => a.mul(b).mul(0.5),
  (a) => a.mul(-0.5),
  (a) => a.relu(),
  (a, _, { x }) => a.mul(x.step()),
  (a) => a.pow(2).add(1).pow(-0.5),
  (a) => a.pow(2).add(1).log(),
  (a) => a.relu().neg().exp(),
  (a, b) => a.div(b.mul(b).add(1)),
  (a, _, { y, z }) => a.mul(y).add(z),
  // reductions over each axis, and over both
  (a) => a.sub(a.sum(0).mul(0.1)),
  (a, b) => a.add(b.sum(1).mul(0.1)),
  (a, b) => a.sub(b.max(0)),
  (a, b) => a.sub(b.max(1)),
  (a, b) => a.add(b.sum(0).sum(1).mul(0.01)),
  (a) => rmsnorm(a),
  (a) => softmax(a),
  (a) => softmax(a.permute(1, 0)).permute(1, 0),
  // products: with rows as rows, as columns, as both, as the summed axis
  (a, _, { w }) => a.matmul(w).mul(0.3),
  (a, b, { w }) => a.matmul(w.transpose(0, 1)).mul(0.3).add(b).relu(),
  (a, b) => a.permute(1, 0).reshape(C, -1).permute(1, 0).add(b),
  (a, b) => a.matmul(b.transpose(0, 1).matmul(a)).mul(0.02),
  (a, b) => softmax(a.matmul(b.transpose(0, 1))).matmul(a),
  (a, _, { w }) => w.matmul(a.transpose(0, 1)).transpose(0, 1).mul(0.3),
  (a, b) =>
    a
      .reshape(-1, 2, 3)
      .matmul(b.reshape(-1, 3, 2))
      .sum(2)
      .sum(1)
      .reshape(-1, 1)
      .mul(b)
      .mul(0.1),
  // other indexing
  (a) => a.slice(1, 2, 6).concat(1, a.slice(1, 0, 2)),
  (a, b) => a.slice(1, 0, 1).add(b),
  (a) => a.reshape(-1, 2, 3).permute(0, 2, 1).reshape(-1, 6),
  (a, b) =>
    a
      .reshape(-1, 2, 3)
      .sum(1)
      .reshape(-1, 3)
      .concat(1, b.slice(1, 3, 6)),
  (a, _, { w }) =>
    a
      .reshape(-1, 3)
      .matmul(w.slice(0, 0, 3).slice(1, 1, 4))
      .relu()
      .reshape(-1, 6)
      .mul(0.3),
  (a, b) => a.reshape(-1).mul(b.reshape(-1)).reshape(-1, 6).mul(0.5),
  // by ids
  (a, b, { ids }) => a.gather(ids).reshape(-1, 1).mul(b).mul(0.5),
  (a, b, { ids }) => a.mul(ids.oneHot(C)).add(b),
  (a, b, { ids }) => dropout(a, ids.reshape(-1, 1).hash(3), 0.3).add(b),
  (a, b, { w, ids }) => dropout(a.matmul(w).mul(0.3), ids.reshape(-1, 1), 0.5).add(b),
  (a, _, { w, ids }) => a.add(w.embedding(ids)),
  (a, _, { w, ids }) => a.matmul(w).mul(0.3).add(w.embedding(ids)),
  (a, b, { ids }) => b.matmul(a.scatter(ids, C)).mul(0.1),
  (a, b, { ids }) => a.scatter(ids, C).mul(0.1).embedding(ids).add(b),
  (a, _, { s, places }) =>
    s
      .concat(0, s.slice(0, 0, 5))
      .put(places, a)
      .embedding(places)
      .mul(0.9),
  (a, b, { s, places }) =>
    b.add(
      s
        .concat(0, s.slice(0, 1, 6))
        .put(places, a)
        .sum(0)
        .mul(0.1),
    ),
  (a, b, { starts, ends }) => attention(a, b, b, starts, ends),
  (a, b, { starts, ends }) => attention(b, a, b.mul(2), starts, ends),
];

function attention(...[q, k, v, starts, ends]: readonly [GraphNode, GraphNode, GraphNode, GraphNode, GraphNode]) {
  const heads = (x: GraphNode): GraphNode => x.reshape(-1, 2, 3);
  return heads(q).attention(heads(k), heads(v), starts, ends).reshape(-1, C);
}

/** New values of s and t, of nodes (R, C). */
const updates: readonly ((a: GraphNode, b: GraphNode, inputs: Inputs) => { s?: GraphNode; t?: GraphNode })[] = [
  (_a, _b, { s, t }) => ({ s: t, t: s }),
  (_a, _b, { s }) => ({ s: s.transpose(0, 1) }),
  (_a, _b, { s }) => ({ s: s.slice(0, 1, 6).concat(0, s.slice(0, 0, 1)) }),
  (a, b, { s, t }) => ({ s: s.mul(0.9).add(a.transpose(0, 1).matmul(b)), t: t.add(s.sum(0)) }),
  (a, _, { s, t }) => ({ t: t.mul(0.5).add(s), s: s.add(t).add(a.sum(0)) }),
  (a, b, { ids }) => ({ s: a.scatter(ids, C), t: b.scatter(ids, C).mul(2) }),
  (_a, _b, { s, t }) => ({ t: s.max(1).expand(C, C), s: s.mul(t) }),
  (_a, _b, { w }) => ({ s: w, t: GraphNode.constant([], [3]).expand(C, C) }),
  () => ({}),
];

interface Example {
  readonly instructions: readonly (readonly [step: number, i: number, j: number])[];
  readonly update: number;
  /** True if the table takes the last node, and if it is also read. */
  readonly puts: boolean;
  readonly reads: boolean;
}

function rootsOf({ instructions, update, puts, reads }: Example, R: Dim): Roots {
  const inputs = inputsFor(R);
  const nodes = [inputs.x, inputs.y.mul(inputs.z)];
  const pick = (i: number): GraphNode => nodes.at(-1 - (i % nodes.length)) ?? inputs.x;
  for (const [step, i, j] of instructions) nodes.push(steps[step]?.(pick(i), pick(j), inputs) ?? inputs.x);
  const [last, before] = [pick(0), pick(1)];
  const table = inputs.table.put(inputs.places, last);
  const used = reads ? table.add(inputs.table.mul(0.5)) : table.mul(2);
  const corner = table.slice(0, 0, 1).slice(1, 0, 1).mul(0.1).relu().neg().exp();
  return {
    outputs: {
      ...{ last, before, sum: last.sum(0), picked: last.gather(inputs.ids) },
      ...(puts ? { used, scaled: last.mul(corner) } : {}),
    },
    updates: { ...updates[update]?.(last, before, inputs), ...(puts ? { table } : {}) },
  };
}

/** The program, with or without fusion. */
function programOf(roots: Roots, fused: boolean): Program {
  const names = [...Object.keys(roots.outputs), ...Object.keys(roots.updates)];
  const nodes = simplify([...Object.values(roots.outputs), ...Object.values(roots.updates)]);
  const named = (from: number, to: number) =>
    Object.fromEntries(names.slice(from, to).map((name, i) => [name, nodes[from + i] as GraphNode]));
  const outputs = Object.keys(roots.outputs).length;
  const lowered = lower({ outputs: named(0, outputs), updates: named(outputs, names.length) }, ROOM);
  const kernels = fused ? fuse(lowered) : lowered.kernels;
  const resident = [...lowered.inputs.values(), ...lowered.outputs.values(), ...lowered.constants];
  return { ...lowered, kernels, ...ROOM, plan: plan(kernels, resident, ROOM) };
}

/** Numbers for every input: multiples of 1/4, which float32 represents exactly. */
function numbersFor(seed: number, R: number): Record<string, number[]> {
  const list = (length: number, salt: number): number[] =>
    Array.from({ length }, (_, i) => Math.round(8 * Math.sin(seed * 1.7 + salt * 5.1 + i * (2.3 + salt / 7))) / 4);
  const rows = Array.from({ length: R }, (_, r) => r);
  const from = (r: number): number => (r < R / 2 ? 0 : Math.floor((R + 1) / 2));
  return {
    ...{ x: list(R * C, 1), y: list(R, 2), z: list(C, 3), w: list(C * C, 4), s: list(C * C, 5), t: list(C * C, 6) },
    table: list(N * C, 7),
    ids: rows.map((r) => (r * 7 + seed) % C),
    places: rows.map((r) => (r * 4 + seed) % N),
    starts: rows.map(from),
    ends: rows.map((r) => r + 1),
  };
}

const examples: fc.Arbitrary<Example> = fc.record({
  instructions: fc.array(fc.tuple(fc.nat({ max: steps.length - 1 }), fc.nat({ max: 9 }), fc.nat({ max: 9 })), {
    minLength: 1,
    maxLength: 8,
  }),
  update: fc.nat({ max: updates.length - 1 }),
  puts: fc.boolean(),
  reads: fc.boolean(),
});

/** Describes an error in a result, if there is one. float32 rounds each of some dozens of operations to 6e-8. */
function complaint(
  name: string,
  got: ArrayLike<number> = [],
  expected: ArrayLike<number> = [],
  tolerance = 1e-3,
): string | undefined {
  const largest = Math.max(1, ...Array.from(expected, Math.abs));
  const worst = Math.max(0, ...Array.from(expected, (x, i) => Math.abs(x - (got[i] ?? Number.NaN)) / largest));
  return got.length === expected.length && worst < tolerance ? undefined : `${name} is off by ${worst}`;
}

/** Runs a program whose updates have these names. */
type Run = (program: Program, updates: readonly string[]) => Compiled;

function check(example: Example, fused: boolean, start: Run, tolerance?: number): void {
  const roots = rootsOf(example, ROWS);
  const program = start(programOf(roots, fused), Object.keys(roots.updates));
  // The number of rows varies: leftovers of an earlier run must not show.
  for (const [seed, R] of [9, 1, 4, 7].entries()) {
    const inputs: Lists = numbersFor(seed, R);
    const plain = rootsOf(example, R);
    const wanted = { ...plain.outputs, ...plain.updates };
    const expected = evaluate(Object.values(wanted), inputs);
    fc.pre(expected.every((list) => list.every((x) => Math.abs(x) < 1e4)));
    const got = program(inputs, R);
    const names = Object.keys(wanted);
    expect(
      names.flatMap((name, i) => complaint(`${name} of ${R} rows`, got[name], expected[i], tolerance) ?? []),
    ).toEqual([]);
  }
}

test.each(roundings)("any graph on any number of rows, relaxed: $relaxed", ({ relaxed }) => {
  fc.assert(
    fc.property(examples, (example) => check(example, true, (...of) => loaded(...of, { relaxed }))),
    { numRuns: 150 },
  );
});

test("any graph without fusion", () => {
  fc.assert(
    fc.property(examples, (example) => check(example, false, loaded)),
    { numRuns: 60 },
  );
});

test.each<[what: string, fused: boolean, planned: boolean]>([
  ["unfused kernels", false, false],
  ["fused kernels", true, false],
  ["fused kernels on planned memory", true, true],
])("any graph in float64, interpreted as %s", (_, fused, planned) => {
  fc.assert(
    fc.property(examples, (example) => check(example, fused, (...of) => interpreted(...of, { planned }), 1e-9)),
    { numRuns: 30 },
  );
});

describe("an entry overwritten by a point is not read by others afterwards", () => {
  const list = (length: number): number[] => Array.from({ length }, (_, i) => i + 1);
  const s = GraphNode.input("s", [6, 1]);
  const w = GraphNode.input("w", [6, 6]);
  const t = GraphNode.input("t", [6, 1]);
  const ids = GraphNode.input("ids", [6]);

  test.each<[what: string, roots: Roots]>([
    ["a sum over what it updates", { outputs: {}, updates: { s: w.matmul(s) } }],
    ["rows of a copy that is as large", { outputs: { y: s.put(ids, s.mul(2)) }, updates: {} }],
    ["rows in a table of their own size", { outputs: { y: s.add(t) }, updates: { s: s.put(ids, t) } }],
    [
      "a sum made twice of a scattered table",
      { outputs: { y: s.scatter(ids, 7), z: s.scatter(ids, 7).sum(0) }, updates: {} },
    ],
  ])("%s", (_, roots) => {
    const inputs = { s: list(6), t: list(6).reverse(), w: list(36), ids: [5, 3, 0, 2, 1, 4] };
    const wanted = { ...roots.outputs, ...roots.updates };
    const expected = evaluate(Object.values(wanted), inputs).map((numbers) => [...numbers]);
    expect(Object.values(compiled(roots)(inputs))).toEqual(expected);
  });
});

describe("a guard", () => {
  const w = GraphNode.input("w", [3]);
  const t = GraphNode.input("t", [3, 1]);
  const places = GraphNode.input("places", [1]);
  const program = compiled({
    outputs: { norm: w.mul(w).sum(0).reshape() },
    updates: { w: w.mul(2), t: t.put(places, w.slice(0, 0, 1).reshape(1, 1)) },
    guards: ["norm"],
  });

  test("lets a run make its updates", () => {
    expect(program({ w: [1, 2, 3], t: [0, 0, 0], places: [1] })).toEqual({ norm: [14], w: [2, 4, 6], t: [0, 1, 0] });
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY])("of %d keeps everything unchanged", (bad) => {
    const { w: after, t: table } = program({ w: [1, bad, 3], t: [5, 6, 7], places: [1] });
    expect([after, table]).toEqual([
      [1, bad, 3],
      [5, 6, 7],
    ]);
  });
});
