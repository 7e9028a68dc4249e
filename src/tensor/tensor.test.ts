import { describe, expect, test } from "vitest";
import { ScalarTensor } from "../scalar/scalar-tensor.ts";
import { MicrogptError } from "../util/errors.ts";
import type { Shape } from "../util/shape.ts";
import type { Op, OpAttrs, OpInputs } from "./ops.ts";
import { Tensor } from "./tensor.ts";

/** An interpreter that computes nothing and writes down its operations. */
class Formula extends Tensor<Formula> {
  readonly shape: Shape;
  readonly text: string;

  constructor(shape: Shape, text: string) {
    super();
    this.shape = shape;
    this.text = text;
  }

  constant(shape: Shape, data: ArrayLike<number>): Formula {
    return new Formula(shape, Array.from(data).join(" "));
  }

  protected evaluate<K extends Op>(op: K, inputs: OpInputs<Formula, K>, attrs: OpAttrs<K>, shape: Shape): Formula {
    const values = Object.values(attrs).map((value) => JSON.stringify(value));
    return new Formula(shape, `${op}(${[...inputs.map(({ text }) => text), ...values].join(", ")})`);
  }
}

const x = new Formula([2, 3], "x");
const y = new Formula([3], "y");
const z = new Formula([2, 1, 3], "z");
const ids = new Formula([2], "ids");

describe("sugar consists of operations, the same for every interpreter", () => {
  test.each<[sugar: string, write: () => Formula, made: string, shape: Shape]>([
    ["x + y", () => x.add(y), "add(x, y)", [2, 3]],
    ["x + 2", () => x.add(2), "add(x, 2)", [2, 3]],
    ["x · 2", () => x.mul(2), "mul(x, 2)", [2, 3]],
    ["-x", () => x.neg(), "mul(x, -1)", [2, 3]],
    ["x - y", () => x.sub(y), "add(x, mul(y, -1))", [2, 3]],
    ["x - 2", () => x.sub(2), "add(x, -2)", [2, 3]],
    ["x / y", () => x.div(y), "mul(x, pow(y, -1))", [2, 3]],
    ["x / 2", () => x.div(2), "mul(x, 0.5)", [2, 3]],
    ["mean", () => x.mean(-1), `mul(sum(x, -1), ${1 / 3})`, [2, 1]],
    ["mean over the first axis", () => x.mean(0), "mul(sum(x, 0), 0.5)", [1, 3]],
    ["reshape", () => x.reshape(3, 2), "reshape(x, [3,2])", [3, 2]],
    ["reshape with one size left open", () => x.reshape(-1, 2), "reshape(x, [3,2])", [3, 2]],
    ["reshape to one dimension", () => x.reshape(-1), "reshape(x, [6])", [6]],
    [
      "reshape to a number",
      () => x.slice(0, 0, 1).slice(1, 0, 1).reshape(),
      "reshape(slice(slice(x, 0, 0, 1), 1, 0, 1), [])",
      [],
    ],
    ["transpose", () => x.transpose(0, 1), "permute(x, [1,0])", [3, 2]],
    [
      "transpose from the last",
      () => x.reshape(1, 2, 3).transpose(-1, -2),
      "permute(reshape(x, [1,2,3]), [0,2,1])",
      [1, 3, 2],
    ],
    ["transpose of an axis with itself", () => x.transpose(1, -1), "permute(x, [0,1])", [2, 3]],
    ["concat", () => x.concat(0, x, x), "concat(x, x, x, 0)", [6, 3]],
    ["put", () => x.put(ids, x), "put(x, ids, x)", [2, 3]],
    ["attention", () => z.attention(z, z, ids, ids), "attention(z, z, z, ids, ids)", [2, 1, 3]],
  ])("%s", (_, write, made, shape) => {
    const written = write();
    expect(written.text).toBe(made);
    expect(written.shape).toEqual(shape);
  });
});

test.each<[name: string, act: (tensor: ScalarTensor) => unknown, message: string]>([
  ["mean", (t) => t.mean(2), "mean: expected an axis of (2, 3), from -2 to 1, got 2;"],
  ["transpose", (t) => t.transpose(0, 5), "transpose: expected an axis of (2, 3), from -2 to 1, got 5;"],
  [
    "reshape with an impossible rest",
    (t) => t.reshape(-1, 4),
    "reshape: expected a shape with 6 entries for (2, 3), got ",
  ],
  [
    "reshape with two sizes left open",
    (t) => t.reshape(-1, -1),
    "reshape: expected a shape with 6 entries for (2, 3), got ",
  ],
])("%s refuses mismatched shapes under its own name", (_, act, message) => {
  const tensor = ScalarTensor.from([2, 3], [1, 2, 3, 4, 5, 6]);
  expect(() => act(tensor)).toThrow(MicrogptError);
  expect(() => act(tensor)).toThrow(message);
});

test("every interpreter gives the same error for shapes that do not fit", () => {
  const [scalar, formula] = [ScalarTensor.from([2], [1, 2]), new Formula([2], "z")];
  const message = "matmul: expected (..., M, K) and (..., K, N), got (2) and (2);";
  expect(() => scalar.matmul(scalar)).toThrow(message);
  expect(() => formula.matmul(formula)).toThrow(message);
});
