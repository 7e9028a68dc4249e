/**
 * Scalar reverse-mode automatic differentiation, complete in this file.
 *
 * Every operation makes a new `Value` that remembers its operands and how fast it changes with each of them. That is
 * all `backward` needs: the chain rule says to multiply along a path and to add where paths meet. After Andrej
 * Karpathy's micrograd (`engine.py`) and microgpt.py.
 *
 *     const a = new Value(2);
 *     const b = new Value(-3);
 *     const loss = a.mul(b).add(a.pow(2)).relu();
 *     loss.backward();
 *     a.grad; // d loss / d a
 */
export class Value {
  /** The number at this node. */
  data: number;
  /** d root / d this, filled in by `root.backward()`. */
  grad: number;
  /** A name for display; the arithmetic ignores it. */
  label: string | undefined;

  /** The operation that made this node. */
  readonly op: Operation;

  // The operands, at most two, of which the second may be a plain number, and d this / d operand. Fields instead of a
  // list of operands and one of derivatives take half the memory and are twice as fast.
  readonly a: Value | undefined;
  readonly b: Value | number | undefined;
  readonly da: number;
  readonly db: number;

  // Number of uses that have not yet passed on their gradient; always 0 outside `backward`.
  private uses: number;

  /** `new Value(3)` or `new Value(3, "x")`. The rest is for operations: the operands and the local gradient of each. */
  constructor(data: number, label?: string, op: Operation = "leaf", a?: Value, b?: Value | number, da = 0, db = 0) {
    this.data = data;
    this.grad = 0;
    this.label = label;
    this.op = op;
    this.a = a;
    this.b = b;
    this.da = da;
    this.db = db;
    this.uses = 0;
  }

  add(other: Value | number): Value {
    if (typeof other === "number") return new Value(this.data + other, undefined, "add", this, other, 1);
    return new Value(this.data + other.data, undefined, "add", this, other, 1, 1);
  }

  mul(other: Value | number): Value {
    if (typeof other === "number") return new Value(this.data * other, undefined, "mul", this, other, other);
    return new Value(this.data * other.data, undefined, "mul", this, other, other.data, this.data);
  }

  // JavaScript engines differ in the last bits of a power, a logarithm and an exponential: callers that need the same
  // bits everywhere pass their own results.

  /** To a constant power. */
  pow(exponent: number, power: (x: number, y: number) => number = Math.pow): Value {
    const slope = exponent === 0 ? 0 : exponent * power(this.data, exponent - 1);
    return new Value(power(this.data, exponent), undefined, "pow", this, exponent, slope);
  }

  /** The natural logarithm. */
  log(data: number = Math.log(this.data)): Value {
    return new Value(data, undefined, "log", this, undefined, 1 / this.data);
  }

  exp(data: number = Math.exp(this.data)): Value {
    return new Value(data, undefined, "exp", this, undefined, data);
  }

  /** max(0, x). At 0 itself, where there is no slope, the gradient is 0. */
  relu(): Value {
    return new Value(Math.max(0, this.data), undefined, "relu", this, undefined, this.data > 0 ? 1 : 0);
  }

  neg(): Value {
    return this.mul(-1);
  }

  sub(other: Value | number): Value {
    return this.add(typeof other === "number" ? -other : other.neg());
  }

  div(other: Value | number): Value {
    return this.mul(typeof other === "number" ? 1 / other : other.pow(-1));
  }

  /**
   * Sets `grad` of every node this one was computed from to d this / d node. Leaves add to their grad, so set it to 0
   * before the next step; nodes in between start afresh.
   *
   * A node used in three places receives three parts of its gradient, and may pass it on only when it has them all. So
   * first count the uses of every node, then walk down from here, releasing a node with its last part. Both are loops:
   * a chain of a million nodes does not overflow the call stack.
   */
  backward(): void {
    this.grad = isLeaf(this) ? this.grad + 1 : 1;
    const stack: Value[] = [this];

    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      const { a, b } = node;
      if (a !== undefined && a.uses++ === 0 && !isLeaf(a)) {
        a.grad = 0;
        stack.push(a);
      }
      if (b instanceof Value && b.uses++ === 0 && !isLeaf(b)) {
        b.grad = 0;
        stack.push(b);
      }
    }

    stack.push(this);
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      const { grad, a, da, b, db } = node;
      if (a !== undefined) {
        a.grad += da * grad;
        if (--a.uses === 0 && !isLeaf(a)) stack.push(a);
      }
      if (b instanceof Value) {
        b.grad += db * grad;
        if (--b.uses === 0 && !isLeaf(b)) stack.push(b);
      }
    }
  }
}

/**
 * `leaf` was put in; of equal numbers, `max` gives each an equal share of its gradient. `sigmoid` and `erf` are made by
 * scalar-tensor.ts.
 */
export type Operation = "leaf" | "add" | "mul" | "pow" | "log" | "exp" | "relu" | "sigmoid" | "erf" | "max";

/** A node that was not computed: a parameter or a constant. */
function isLeaf(node: Value): boolean {
  return node.a === undefined;
}
