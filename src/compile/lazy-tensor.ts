/** The tensor that lowers itself: composite operations become the kernels of their parts, in the order of the calls. */

import type { Op, OpAttrs, OpInputs } from "../tensor/ops.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { Dims, Shape } from "../util/shape.ts";
import type { Buffer } from "./kernel.ts";
import type { Lazy, Memory } from "./memory.ts";

/** The facts about an operation's result. */
export interface Result {
  readonly shape: Dims;
  /** For a `put`: the table itself, if it may be written in. */
  readonly table?: Buffer;
}

/** The lowering of each operation. */
export type Rules = {
  readonly [K in Op]: (memory: Memory, inputs: OpInputs<Lazy, K>, attrs: OpAttrs<K>, result: Result) => Lazy;
};

export class LazyTensor extends Tensor<LazyTensor> {
  readonly lazy: Lazy;
  readonly #memory: Memory;
  readonly #rules: Rules;

  constructor(memory: Memory, rules: Rules, lazy: Lazy) {
    super();
    this.#memory = memory;
    this.#rules = rules;
    this.lazy = lazy;
  }

  get shape(): Dims {
    return this.lazy.shape;
  }

  constant(shape: Shape, data: ArrayLike<number>): LazyTensor {
    return this.#made(this.#memory.known(shape, data));
  }

  protected evaluate<K extends Op>(op: K, inputs: OpInputs<LazyTensor, K>, attrs: OpAttrs<K>, shape: Dims): LazyTensor {
    const operands = inputs.map(({ lazy }) => lazy) as readonly Lazy[] as OpInputs<Lazy, K>;
    return this.#made(this.#rules[op](this.#memory, operands, attrs, { shape }));
  }

  #made(lazy: Lazy): LazyTensor {
    return new LazyTensor(this.#memory, this.#rules, lazy);
  }
}
