import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SIMD128 } from "../backend/wasm/target.ts";
import { trainingStep } from "../engine/step-graph.ts";
import type { GPTConfig } from "../model/config.ts";
import type { Cell } from "../util/cells.ts";
import { type Dim, ROWS, Rows } from "../util/dim.ts";
import { compile, type Program } from "./compile.ts";
import { type Buffer, ExprPool, type Kernel, type MapKernel, readsOf, writesOf } from "./kernel.ts";
import { allocatedRows, bytesOf, entriesOf, plan } from "./plan.ts";
import type { Room, Target } from "./target.ts";

const MAX_ROWS = 7;

/** A machine with other vectors, tiles and cells. */
const WIDE: Target = {
  ...SIMD128,
  ...{ alignment: 128, vectorBytes: 32, tileRows: 6, cells: ["f32", "f16", "bf16", "i8"] },
};

function room(maxRows: number, target: Target = SIMD128): Room {
  return { maxRows, target };
}

function buffer(id: number, shape: readonly Dim[]): Buffer {
  return { id, name: `b${id}`, shape, cell: "f32", kind: "temporary" };
}

/** A kernel that reads some buffers and writes one. */
function kernel(reads: readonly Buffer[], write: Buffer): MapKernel {
  const pool = new ExprPool();
  const loads = reads.map((from) => pool.load({ buffer: from, offset: 0, strides: [] }));
  const value = loads.reduce((sum, load) => pool.binary("add", sum, load), pool.constant(1));
  return { kind: "map", space: [], stores: [{ access: { buffer: write, offset: 0, strides: [] }, value }] };
}

/** Consecutive kernels, each with a buffer of its own, that read some of the earlier ones. */
const programs = fc
  .array(fc.record({ size: fc.integer({ min: 1, max: 300 }), reads: fc.array(fc.nat(), { maxLength: 3 }) }), {
    minLength: 1,
    maxLength: 20,
  })
  .map((steps) => {
    const buffers = steps.map(({ size }, i) => buffer(i, size % 3 === 0 ? [ROWS, size] : [size]));
    return steps.map(({ reads }, i) =>
      kernel(
        reads.flatMap((read) => (i === 0 ? [] : (buffers[read % i] ?? []))),
        buffers[i] as Buffer,
      ),
    );
  });

interface Life {
  readonly first: number;
  readonly last: number;
  readonly from: number;
  readonly to: number;
}

/** The lifetime of each buffer, and its bytes. */
function livesOf(kernels: readonly Kernel[], addresses: ReadonlyMap<Buffer, number>, size: Room): Life[] {
  return [...addresses].map(([own, from]) => {
    const uses = kernels.flatMap((k, i) => (readsOf(k).has(own) || writesOf(k).has(own) ? [i] : []));
    const always = own.kind !== "temporary";
    const [first, last] = always ? [-1, kernels.length] : [Math.min(...uses), Math.max(...uses)];
    return { first, last, from, to: from + bytesOf(own, size) + size.target.vectorBytes };
  });
}

function overlapping(lives: readonly Life[]): [Life, Life][] {
  return lives.flatMap((a, i) =>
    lives.slice(i + 1).flatMap((b): [Life, Life][] => {
      const meet = a.first <= b.last && b.first <= a.last;
      return meet && a.from < b.to && b.from < a.to ? [[a, b]] : [];
    }),
  );
}

const config: GPTConfig = {
  ...{ vocabSize: 27, nLayer: 2, nHead: 4, nEmbd: 16, blockSize: 16 },
  ...{ mlp: "relu", initStd: 0.1, zeroInit: false },
};
const settings = { beta1: 0.85, beta2: 0.99, eps: 1e-8, weightDecay: 0, gradClip: 1 };

function step(rows: number): Program {
  return compile(trainingStep(config, settings), rows, SIMD128);
}

describe("places", () => {
  test.each([
    ["vectors of 16 bytes", SIMD128],
    ["vectors of 32 bytes", WIDE],
  ])("are not shared by buffers that are alive at the same time, nor is the space after them: %s", (_, target) => {
    const size = room(MAX_ROWS, target);
    fc.assert(
      fc.property(programs, fc.nat({ max: 3 }), (kernels, count) => {
        const resident = kernels.slice(0, count).flatMap((k) => [...writesOf(k)]);
        const { addresses, bytes } = plan(kernels, resident, size);
        const lives = livesOf(kernels, addresses, size);
        const forGood = lives.map((life, i) => (i < resident.length ? { ...life, first: -1, last: 99 } : life));
        expect(overlapping(forGood)).toEqual([]);
        expect(addresses.size).toBe(kernels.length);
        expect(lives.every(({ from, to }) => from % target.alignment === 0 && to <= bytes)).toBe(true);
      }),
    );
  });

  test("of a training step are disjoint too", () => {
    const { kernels, plan } = step(16);
    expect(overlapping(livesOf(kernels, plan.addresses, room(16)))).toEqual([]);
  });

  test("of permanent buffers come first, in order, for any number of rows", () => {
    const [few, many] = [step(1), step(100)];
    const placesOf = ({ inputs, plan }: Program): unknown[] =>
      ["weights", "m", "v"].map((name) => {
        const own = inputs.get(name);
        return own && plan.addresses.get(own);
      });
    expect(placesOf(few).every((place) => typeof place === "number")).toBe(true);
    const temporaries = [...many.plan.addresses].filter(([{ kind }]) => kind === "temporary");
    const start = many.plan.bytes - many.plan.temporaryBytes;
    expect(temporaries.every(([, address]) => address >= start)).toBe(true);
  });
});

describe("sizes", () => {
  test("of rows have room for whole tiles and a spare one", () => {
    expect([1, 4, 5].map((rows) => allocatedRows(room(rows)))).toEqual([8, 8, 12]);
    expect([1, 6, 7].map((rows) => allocatedRows(room(rows, WIDE)))).toEqual([12, 12, 18]);
    expect(entriesOf([2, ROWS, 3], room(5))).toBe(2 * 12 * 3);
    expect(entriesOf([Rows.of(2)], room(5))).toBe(24);
    expect(entriesOf([], room(5))).toBe(1);
  });

  test("of the whole are known without any memory, and temporaries share well", () => {
    const { plan } = step(16);
    expect(plan.bytes).toBe(Math.max(...[...plan.addresses].map(([b, at]) => at + taken(b, 16))));
    expect(plan.temporaryBytes).toBeLessThan(0.75 * plan.unsharedBytes);
  });

  test.each<[cell: Cell, bytes: number]>([
    ["f32", 400],
    ["f16", 200],
    ["bf16", 200],
    ["i8", 100],
  ])("of cells of %s follow their bytes", (cell, bytes) => {
    expect(bytesOf({ ...buffer(0, [100]), cell }, room(1))).toBe(bytes);
  });

  test("start at the given address", () => {
    const [only] = [kernel([], buffer(0, [3]))];
    expect([...plan([only], [], room(1), 100).addresses.values()]).toEqual([128]);
  });
});

function taken({ shape }: Buffer, maxRows: number): number {
  return Math.ceil((4 * entriesOf(shape, room(maxRows)) + 16) / 64) * 64;
}
