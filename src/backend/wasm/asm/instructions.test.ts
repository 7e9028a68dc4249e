import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FunctionBuilder, ModuleBuilder } from "./assembler.ts";
import { type Code, f32, f32x4, flatten, i32, i32x4, signed, unsigned, v128 } from "./instructions.ts";

const A = [1.5, -2, 3.25, 0];
const B = [1.5, 4, -0.5, Number.NaN];
const a = v128.load(i32.const(0), 64);
const b = v128.load(i32.const(64), 16);
const ones = i32x4.const(-1);
const n = (x: number): Code => i32.const(x);
const at = n(0);
const T = -1;
const counting = v128.ints(1, -2, 3, 1 << 30);

// The result stored at 0 by each instruction: the code leaves a vector, an i32 or an f32, or stores by itself.
const CASES: { readonly [table: string]: { readonly [name: string]: readonly [Code, readonly number[]] } } = {
  i32: {
    const: [i32.store(at, n(-123456789)), [-123456789]],
    load: [i32.store(at, i32.load(n(4), 60)), [0x3fc00000]],
    store: [i32.store(n(4), n(5), 4), [0, 0, 5]],
    eqz: [i32.store(at, i32.eqz(n(0))), [1]],
    eq: [i32.store(at, i32.eq(n(2), n(2))), [1]],
    ne: [i32.store(at, i32.ne(n(2), n(2))), [0]],
    ltS: [i32.store(at, i32.ltS(n(-2), n(2))), [1]],
    gtS: [i32.store(at, i32.gtS(n(-2), n(2))), [0]],
    leS: [i32.store(at, i32.leS(n(2), n(2))), [1]],
    geS: [i32.store(at, i32.geS(n(-2), n(2))), [0]],
    add: [i32.store(at, i32.add(n(7), n(-9))), [-2]],
    sub: [i32.store(at, i32.sub(n(7), n(-9))), [16]],
    mul: [i32.store(at, i32.mul(n(7), n(-9))), [-63]],
    divS: [i32.store(at, i32.divS(n(-7), n(2))), [-3]],
    and: [i32.store(at, i32.and(n(6), n(3))), [2]],
    shl: [i32.store(at, i32.shl(n(-3), n(2))), [-12]],
    truncSatF32: [i32.store(at, i32.truncSatF32(f32.const(-2.9))), [-2]],
    select: [i32.store(at, i32.add(i32.select(n(1), n(2), n(7)), i32.select(n(10), n(20), n(0)))), [21]],
    atomicLoad: [i32.store(at, i32.atomicLoad(n(0), 64)), [0x3fc00000]],
    atomicStore: [i32.atomicStore(at, n(3), 4), [0, 3]],
    atomicAdd: [
      [i32.store(at, n(3)), i32.store(n(4), i32.atomicAdd(at, n(4)))],
      [7, 3],
    ],
    atomicWaitFor: [
      [i32.store(n(4), i32.atomicWaitFor(at, n(0), 1)), i32.store(at, n(7))],
      [7, 2],
    ],
    atomicNotify: [[i32.atomicNotify(at), i32.store(at, n(2))], [2]],
  },
  f32: {
    const: [f32.store(at, f32.const(0.1)), bits(0.1)],
    load: [f32.store(at, f32.load(n(60), 8)), bits(-2)],
    store: [f32.store(at, f32.const(1), 4), bits(0, 1)],
    add: [f32.store(at, f32.add(f32.const(3), f32.const(2))), bits(5)],
    sub: [f32.store(at, f32.sub(f32.const(3), f32.const(2))), bits(1)],
    ne: [i32.store(at, f32.ne(f32.const(3), f32.const(2))), [1]],
    convertI32: [f32.store(at, f32.convertI32(n(-7))), bits(-7)],
  },
  v128: {
    load: [v128.store(at, a), bits(...A)],
    loadSplat: [v128.store(at, v128.loadSplat(n(4), 64)), bits(-2, -2, -2, -2)],
    loadZero: [v128.store(at, v128.loadZero(n(4), 64)), bits(-2, 0, 0, 0)],
    loadLane: [v128.store(at, v128.loadLane(n(4), a, 2, 64)), bits(1.5, -2, -2, 0)],
    store: [v128.store(n(4), a, 12), [0, 0, 0, 0, ...bits(...A)]],
    storeLane: [v128.storeLane(n(4), a, 2, 4), bits(0, 0, 3.25)],
    storeHalf: [v128.storeHalf(n(4), a, 4), bits(0, 0, 1.5, -2, 0)],
    floats: [v128.store(at, v128.floats(1, -2, 0.5, 3)), bits(1, -2, 0.5, 3)],
    ints: [v128.store(at, v128.ints(1, -2, 300, 4)), [1, -2, 300, 4]],
    shuffle: [v128.store(at, v128.shuffle(a, b, [3, 6, 0, 5])), bits(0, -0.5, 1.5, 4)],
    and: [v128.store(at, v128.and(counting, i32x4.const(3))), [1, 2, 3, 0]],
    or: [v128.store(at, v128.or(counting, i32x4.const(2))), [3, -2, 3, (1 << 30) + 2]],
    xor: [v128.store(at, v128.xor(counting, i32x4.const(3))), [2, -3, 0, (1 << 30) + 3]],
    bitselect: [v128.store(at, v128.bitselect(ones, i32x4.const(0), counting)), [1, -2, 3, 1 << 30]],
  },
  f32x4: {
    const: [v128.store(at, f32x4.const(2.5)), bits(2.5, 2.5, 2.5, 2.5)],
    splat: [v128.store(at, f32x4.splat(f32.const(7))), bits(7, 7, 7, 7)],
    eq: [v128.store(at, f32x4.eq(a, b)), [T, 0, 0, 0]],
    ne: [v128.store(at, f32x4.ne(a, b)), [0, T, T, T]],
    lt: [v128.store(at, f32x4.lt(a, b)), [0, T, 0, 0]],
    gt: [v128.store(at, f32x4.gt(a, b)), [0, 0, T, 0]],
    sqrt: [v128.store(at, f32x4.sqrt(v128.floats(4, 2.25, 0, 16))), bits(2, 1.5, 0, 4)],
    add: [v128.store(at, f32x4.add(a, a)), bits(3, -4, 6.5, 0)],
    sub: [v128.store(at, f32x4.sub(a, f32x4.const(1))), bits(0.5, -3, 2.25, -1)],
    mul: [v128.store(at, f32x4.mul(a, f32x4.const(2))), bits(3, -4, 6.5, 0)],
    div: [v128.store(at, f32x4.div(a, f32x4.const(2))), bits(0.75, -1, 1.625, 0)],
    min: [v128.store(at, f32x4.min(a, f32x4.const(1))), bits(1, -2, 1, 0)],
    max: [v128.store(at, f32x4.max(a, f32x4.const(1))), bits(1.5, 1, 3.25, 1)],
    pmin: [v128.store(at, f32x4.pmin(a, b)), bits(1.5, -2, -0.5, 0)],
    pmax: [v128.store(at, f32x4.pmax(a, b)), bits(1.5, 4, 3.25, 0)],
    fromI32x4: [v128.store(at, f32x4.fromI32x4(counting)), bits(1, -2, 3, 2 ** 30)],
  },
  i32x4: {
    const: [v128.store(at, i32x4.const(-5)), [-5, -5, -5, -5]],
    splat: [v128.store(at, i32x4.splat(n(6))), [6, 6, 6, 6]],
    gtS: [v128.store(at, i32x4.gtS(counting, i32x4.const(1))), [0, 0, T, T]],
    shl: [v128.store(at, i32x4.shl(counting, n(1))), [2, -4, 6, -(2 ** 31)]],
    shrS: [v128.store(at, i32x4.shrS(counting, n(1))), [0, -1, 1, 1 << 29]],
    shrU: [v128.store(at, i32x4.shrU(counting, n(1))), [0, 2 ** 31 - 1, 1, 1 << 29]],
    add: [
      v128.store(at, i32x4.add(counting, i32x4.const(1 << 30))),
      [(1 << 30) + 1, (1 << 30) - 2, (1 << 30) + 3, 1 << 31],
    ],
    sub: [v128.store(at, i32x4.sub(counting, i32x4.const(1))), [0, -3, 2, (1 << 30) - 1]],
    mul: [v128.store(at, i32x4.mul(counting, i32x4.const(5))), [5, -10, 15, 1 << 30]],
    truncSatF32x4: [
      v128.store(at, i32x4.truncSatF32x4(v128.floats(2.9, -2.9, 3e9, Number.NaN))),
      [2, -2, 2 ** 31 - 1, 0],
    ],
  },
};

function bits(...floats: number[]): number[] {
  return [...new Int32Array(Float32Array.from(floats).buffer)];
}

// The first words of a memory that holds A and B from byte 64 on, after the code has run.
function words(code: Code, count: number): number[] {
  const fn = new FunctionBuilder();
  fn.emit(code);
  const module = new ModuleBuilder({ pages: 1, shared: true });
  module.add(fn, "run");
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  new Float32Array(memory.buffer).set([...A, ...B], 16);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.encode()), { env: { memory } });
  (exports.run as () => void)();
  return [...new Int32Array(memory.buffer, 0, count)];
}

const tables = { i32, f32, v128, f32x4, i32x4 };

describe.each(Object.entries(tables))("%s", (table, instructions) => {
  const cases = CASES[table] ?? {};

  test("has a case below for every instruction", () => {
    expect(Object.keys(cases).toSorted()).toEqual(Object.keys(instructions).toSorted());
  });

  test.each(Object.entries(cases))("%s", (_, [code, expected]) => {
    expect(words(code, expected.length)).toEqual(expected);
  });
});

describe("LEB128", () => {
  test("of unsigned numbers keeps seven bits a byte and marks all but the last", () => {
    fc.assert(
      fc.property(fc.nat(2 ** 32 - 1), (n) => {
        const bytes = unsigned(n);
        expect(bytes.reduceRight((sum, byte) => sum * 128 + (byte & 127), 0)).toBe(n);
        expect(bytes.map((byte) => byte > 127)).toEqual(bytes.map((_, i) => i < bytes.length - 1));
      }),
    );
  });

  test.each([
    [0, [0x00]],
    [63, [0x3f]],
    [64, [0xc0, 0x00]],
    [-1, [0x7f]],
    [-64, [0x40]],
    [-65, [0xbf, 0x7f]],
    [624485, [0xe5, 0x8e, 0x26]],
    [-(2 ** 31), [0x80, 0x80, 0x80, 0x80, 0x78]],
  ])("of %d is the shortest", (n, bytes) => {
    expect(signed(n)).toEqual(bytes);
  });
});

test("bytes come out in the order of the expression", () => {
  expect(flatten([1, [2, [3, []], 4], 5])).toEqual([1, 2, 3, 4, 5]);
});
