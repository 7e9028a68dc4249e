/** Softmax of a block's rows, and its gradient. */

import { type Code, f32, f32x4, forRange, get, type Local, madd, set, tee, v128 } from "../asm/instructions.ts";
import { exp } from "../asm/math.ts";
import { type Block, ENDS, INVERSES, LANES } from "./block.ts";
import { advance } from "./tiles.ts";

const VECTORS = [0, 1] as const;

/**
 * Turns scores into e^(score - greatest), 0 for keys that a row does not see. Stores the reciprocal of each row's sum
 * in scratch memory. With `grads`, it also divides weights by their sums, and turns their gradients in plane 1 into
 * those of the scores, times `scale`.
 */
export function softmax(block: Block, grads?: { readonly scale: number }): Code {
  const { fn, keyBytes, scratch, shared, rounding, to } = block;
  const pair = (): readonly [Local, Local] => [fn.local("v128"), fn.local("v128")];
  const [pointer, i, value] = [fn.local("i32"), fn.local("i32"), fn.local("v128")];
  const [most, sums, means] = [pair(), pair(), pair()];
  const load = (vector: number, plane = 0): Code => v128.load(get(pointer), plane * LANES + vector * 16);
  const store = (vector: number, x: Code, plane = 0): Code => v128.store(get(pointer), x, plane * LANES + vector * 16);
  const both = (body: (vector: 0 | 1) => Code): Code => VECTORS.map(body);
  const seen = (vector: number): Code =>
    f32x4.lt(f32x4.splat(f32.convertI32(get(i))), v128.load(get(scratch), ENDS + vector * 16));
  const hide = both((v) => store(v, v128.bitselect(load(v), f32x4.const(-Infinity), seen(v))));
  const exponential = both((v) => [
    store(v, tee(value, exp(fn, rounding, f32x4.sub(load(v), get(most[v]))))),
    set(sums[v], f32x4.add(get(sums[v]), get(value))),
    grads === undefined ? [] : set(means[v], madd(rounding, get(value), load(v, 1), get(means[v]))),
  ]);
  const inverse = both((v) => [
    // A row that sees no key has no sum, and its weights stay 0.
    set(value, v128.and(f32x4.div(f32x4.const(1), get(sums[v])), f32x4.ne(get(sums[v]), f32x4.const(0)))),
    v128.store(get(scratch), get(value), INVERSES + v * 16),
    set(sums[v], get(value)),
    set(means[v], f32x4.mul(get(means[v]), get(value))),
  ]);
  const gradient = both((v) => [
    store(v, tee(value, f32x4.mul(load(v), get(sums[v])))),
    store(v, f32x4.mul(f32x4.mul(get(value), f32x4.const(grads?.scale ?? 1)), f32x4.sub(load(v, 1), get(means[v]))), 1),
  ]);
  return [
    set(pointer, block.weightsOf(shared)),
    forRange(i, get(shared), get(to), 1, [hide, advance(pointer, keyBytes)]),
    // Almost the lowest float, but finite: -Infinity minus itself would be NaN.
    both((v) => set(most[v], f32x4.const(-3.4e38))),
    block.forKeys(
      pointer,
      both((v) => set(most[v], f32x4.pmax(get(most[v]), load(v)))),
    ),
    both((v) => [set(sums[v], f32x4.const(0)), set(means[v], f32x4.const(0))]),
    block.forKeys(pointer, exponential),
    inverse,
    grads === undefined ? [] : block.forKeys(pointer, gradient),
  ];
}
