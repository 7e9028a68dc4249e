/**
 * WebAssembly as TypeScript expressions: each function below returns the bytes that compute it, operands first, so that
 * `f32x4.add(get(x), v128.load(pointer, 16))` reads as intended. Encodings are those of the WebAssembly core
 * specification 2.0, with the threads and relaxed SIMD proposals.
 */

/** Bytes, nested like the expressions that made them; `flatten` concatenates them. */
export type Code = readonly (number | Code)[];

export type ValueType = "i32" | "f32" | "v128";

/** A local variable of one function. */
export interface Local {
  readonly type: ValueType;
  readonly index: number;
}

/** The bytes in order, appended to the given ones. */
export function flatten(code: Code, bytes: number[] = []): number[] {
  for (const item of code) {
    if (typeof item === "number") bytes.push(item);
    else flatten(item, bytes);
  }
  return bytes;
}

/** An unsigned number in LEB128. */
export function unsigned(n: number): number[] {
  const bytes: number[] = [];
  let rest = n;
  do {
    const byte = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest === 0 ? byte : byte + 128);
  } while (rest !== 0);
  return bytes;
}

/** A signed 32-bit number in LEB128. */
export function signed(n: number): number[] {
  const bytes: number[] = [];
  let rest = n | 0;
  for (;;) {
    const byte = rest & 0x7f;
    rest >>= 7;
    if ((rest === 0 && (byte & 0x40) === 0) || (rest === -1 && (byte & 0x40) !== 0)) return [...bytes, byte];
    bytes.push(byte | 0x80);
  }
}

function floatBytes(x: number): number[] {
  return [...new Uint8Array(new Float32Array([x]).buffer)];
}

const simd = (opcode: number): number[] => [0xfd, ...unsigned(opcode)];
const atomic = (opcode: number): number[] => [0xfe, opcode];

/** Alignment hint (a power of two) and constant offset of a memory access, in bytes. */
const memarg = (align: number, offset: number): Code => [align, ...unsigned(offset)];

export function get(local: Local): Code {
  return [0x20, ...unsigned(local.index)];
}

export function set(local: Local, value: Code): Code {
  return [value, 0x21, ...unsigned(local.index)];
}

/** Sets the local to the top of the stack. */
export function pop(local: Local): Code {
  return set(local, []);
}

/** Sets the local and returns its value. */
export function tee(local: Local, value: Code): Code {
  return [value, 0x22, ...unsigned(local.index)];
}

/** Calls the function of this index with these arguments. */
export function call(functionIndex: number, ...args: Code[]): Code {
  return [args, 0x10, ...unsigned(functionIndex)];
}

/** Ends the program with a trap. */
export const unreachable: Code = [0x00];

/** Returns from the function. */
export const leave: Code = [0x0f];

/** Runs `then` if the i32 `condition` is not 0, else `otherwise`. */
export function when(condition: Code, then: Code, otherwise?: Code): Code {
  return [condition, 0x04, 0x40, then, otherwise === undefined ? [] : [0x05, otherwise], 0x0b];
}

/** Runs `body`, and repeats it while the i32 `condition` is not 0. */
export function doWhile(body: Code, condition: Code): Code {
  return [0x03, 0x40, body, condition, 0x0d, 0x00, 0x0b];
}

/** Runs `body` while the i32 `condition` is not 0, possibly never. */
export function whileDo(condition: Code, body: Code): Code {
  return when(condition, doWhile(body, condition));
}

/** `for (counter = from; counter < to; counter += step) body`, signed; `to` must not change meanwhile. */
export function forRange(counter: Local, from: Code, to: Code, step: number, body: Code): Code {
  const more = i32.ltS(get(counter), to);
  return [set(counter, from), whileDo(more, [body, set(counter, i32.add(get(counter), i32.const(step)))])];
}

export const i32 = {
  const: (n: number): Code => [0x41, ...signed(n)],
  load: (pointer: Code, offset = 0): Code => [pointer, 0x28, memarg(2, offset)],
  store: (pointer: Code, value: Code, offset = 0): Code => [pointer, value, 0x36, memarg(2, offset)],
  eqz: (x: Code): Code => [x, 0x45],
  eq: (x: Code, y: Code): Code => [x, y, 0x46],
  ne: (x: Code, y: Code): Code => [x, y, 0x47],
  ltS: (x: Code, y: Code): Code => [x, y, 0x48],
  gtS: (x: Code, y: Code): Code => [x, y, 0x4a],
  leS: (x: Code, y: Code): Code => [x, y, 0x4c],
  geS: (x: Code, y: Code): Code => [x, y, 0x4e],
  add: (x: Code, y: Code): Code => [x, y, 0x6a],
  sub: (x: Code, y: Code): Code => [x, y, 0x6b],
  mul: (x: Code, y: Code): Code => [x, y, 0x6c],
  divS: (x: Code, y: Code): Code => [x, y, 0x6d],
  and: (x: Code, y: Code): Code => [x, y, 0x71],
  shl: (x: Code, y: Code): Code => [x, y, 0x74],
  /** Towards zero, saturating; NaN gives 0. */
  truncSatF32: (x: Code): Code => [x, 0xfc, 0x00],
  /** x if the condition is not 0, else y; works for any type. */
  select: (x: Code, y: Code, condition: Code): Code => [x, y, condition, 0x1b],
  atomicLoad: (pointer: Code, offset = 0): Code => [pointer, atomic(0x10), memarg(2, offset)],
  atomicStore: (pointer: Code, value: Code, offset = 0): Code => [pointer, value, atomic(0x17), memarg(2, offset)],
  /** Adds, and returns the previous value. */
  atomicAdd: (pointer: Code, value: Code, offset = 0): Code => [pointer, value, atomic(0x1e), memarg(2, offset)],
  /**
   * Sleeps while the number at the pointer is `expected`, for at most `nanoseconds` (31 bits); returns 0 if woken, 1 if
   * not equal, 2 on timeout.
   */
  atomicWaitFor: (pointer: Code, expected: Code, nanoseconds: number): Code => [
    pointer,
    expected,
    [0x42, ...signed(nanoseconds)], // i64.const
    atomic(0x01),
    memarg(2, 0),
  ],
  /** Wakes all threads that sleep at the pointer. */
  atomicNotify: (pointer: Code): Code => [pointer, i32.const(-1), atomic(0x00), memarg(2, 0), 0x1a],
};

export const f32 = {
  const: (x: number): Code => [0x43, ...floatBytes(x)],
  load: (pointer: Code, offset = 0): Code => [pointer, 0x2a, memarg(2, offset)],
  store: (pointer: Code, value: Code, offset = 0): Code => [pointer, value, 0x38, memarg(2, offset)],
  add: (x: Code, y: Code): Code => [x, y, 0x92],
  sub: (x: Code, y: Code): Code => [x, y, 0x93],
  ne: (x: Code, y: Code): Code => [x, y, 0x5c],
  convertI32: (x: Code): Code => [x, 0xb2],
};

export const v128 = {
  load: (pointer: Code, offset = 0): Code => [pointer, simd(0x00), memarg(2, offset)],
  /** One f32 in all four lanes. */
  loadSplat: (pointer: Code, offset = 0): Code => [pointer, simd(0x09), memarg(2, offset)],
  /** One f32 in lane 0, zeros in the others. */
  loadZero: (pointer: Code, offset = 0): Code => [pointer, simd(0x5c), memarg(2, offset)],
  /** `vector` with one f32 loaded into a lane. */
  loadLane: (pointer: Code, vector: Code, lane: number, offset = 0): Code => [
    pointer,
    vector,
    simd(0x56),
    memarg(2, offset),
    lane,
  ],
  store: (pointer: Code, value: Code, offset = 0): Code => [pointer, value, simd(0x0b), memarg(2, offset)],
  /** Stores the f32 of one lane. */
  storeLane: (pointer: Code, value: Code, lane: number, offset = 0): Code => [
    pointer,
    value,
    simd(0x5a),
    memarg(2, offset),
    lane,
  ],
  /** Stores lanes 0 and 1. */
  storeHalf: (pointer: Code, value: Code, offset = 0): Code => [pointer, value, simd(0x5b), memarg(2, offset), 0],
  floats: (a: number, b: number, c: number, d: number): Code => [
    simd(0x0c),
    Array.from(new Uint8Array(Float32Array.of(a, b, c, d).buffer)),
  ],
  ints: (a: number, b: number, c: number, d: number): Code => [
    simd(0x0c),
    [...new Uint8Array(new Int32Array([a, b, c, d]).buffer)],
  ],
  /** Lanes of 32 bits: 0 to 3 are x's, 4 to 7 are y's. */
  shuffle: (x: Code, y: Code, lanes: readonly [number, number, number, number]): Code => [
    x,
    y,
    simd(0x0d),
    lanes.flatMap((lane) => [0, 1, 2, 3].map((byte) => lane * 4 + byte)),
  ],
  and: (x: Code, y: Code): Code => [x, y, simd(0x4e)],
  or: (x: Code, y: Code): Code => [x, y, simd(0x50)],
  xor: (x: Code, y: Code): Code => [x, y, simd(0x51)],
  /** Bits of x where the mask is 1, else of y. */
  bitselect: (x: Code, y: Code, mask: Code): Code => [x, y, mask, simd(0x52)],
};

export const f32x4 = {
  const: (x: number): Code => v128.floats(x, x, x, x),
  splat: (x: Code): Code => [x, simd(0x13)],
  eq: (x: Code, y: Code): Code => [x, y, simd(0x41)],
  ne: (x: Code, y: Code): Code => [x, y, simd(0x42)],
  lt: (x: Code, y: Code): Code => [x, y, simd(0x43)],
  gt: (x: Code, y: Code): Code => [x, y, simd(0x44)],
  sqrt: (x: Code): Code => [x, simd(0xe3)],
  add: (x: Code, y: Code): Code => [x, y, simd(0xe4)],
  sub: (x: Code, y: Code): Code => [x, y, simd(0xe5)],
  mul: (x: Code, y: Code): Code => [x, y, simd(0xe6)],
  div: (x: Code, y: Code): Code => [x, y, simd(0xe7)],
  min: (x: Code, y: Code): Code => [x, y, simd(0xe8)],
  max: (x: Code, y: Code): Code => [x, y, simd(0xe9)],
  /** y < x ? y : x, as one instruction of the machine. */
  pmin: (x: Code, y: Code): Code => [x, y, simd(0xea)],
  /** x < y ? y : x, as one instruction of the machine. */
  pmax: (x: Code, y: Code): Code => [x, y, simd(0xeb)],
  fromI32x4: (x: Code): Code => [x, simd(0xfa)],
};

export const i32x4 = {
  const: (n: number): Code => v128.ints(n, n, n, n),
  splat: (x: Code): Code => [x, simd(0x11)],
  gtS: (x: Code, y: Code): Code => [x, y, simd(0x3b)],
  /** Shifts every lane by the same i32 number of bits. */
  shl: (x: Code, y: Code): Code => [x, y, simd(0xab)],
  shrS: (x: Code, y: Code): Code => [x, y, simd(0xac)],
  shrU: (x: Code, y: Code): Code => [x, y, simd(0xad)],
  add: (x: Code, y: Code): Code => [x, y, simd(0xae)],
  sub: (x: Code, y: Code): Code => [x, y, simd(0xb1)],
  mul: (x: Code, y: Code): Code => [x, y, simd(0xb5)],
  /** Towards zero, saturating; NaN gives 0. */
  truncSatF32x4: (x: Code): Code => [x, simd(0xf8)],
};

/** How the code rounds a sum of products. */
export interface Rounding {
  /** True if multiply-add may be one instruction that rounds once or twice, depending on the machine. */
  readonly relaxed: boolean;
}

/** x y + z, in each lane. */
export function madd({ relaxed }: Rounding, x: Code, y: Code, z: Code): Code {
  return relaxed ? [x, y, z, simd(0x105)] : f32x4.add(f32x4.mul(x, y), z);
}
