import { describe, expect, test } from "vitest";
import { type Access, type Affine, type Buffer, type Expr, ExprPool } from "../compile/kernel.ts";
import { type Emitter, Expressions } from "./expression.ts";

const buffer = (name: string, id: number): Buffer => ({ id, name, shape: [4, 8], cell: "f32" as const, kind: "input" });
const pool = new ExprPool();
const at = (from: Buffer, ...strides: number[]): Access => ({ buffer: from, offset: 0, strides });
const [a, b] = [buffer("a", 0), buffer("b", 1)];
const x = pool.load(at(a, 8, 1));
const row = pool.load(at(b, 1, 0));

/** A renderer of statements: a kept value is a line of its own, as in a language without assignments in expressions. */
class Statements implements Emitter<string, number> {
  readonly lines: string[] = [];
  load = ({ buffer: { name }, strides }: Access, point: number): string => `${name}[${strides.join()}; ${point}]`;
  constant = (value: number): string => `${value}`;
  index = ({ offset }: Affine): string => `index + ${offset}`;
  reduced = (): string => "sum";
  unary = (op: string, y: string): string => `${op}(${y})`;
  pow = (y: string, exponent: number): string => `pow(${y}, ${exponent})`;
  binary = (op: string, y: string, z: string): string => `${op}(${y}, ${z})`;
  multiplyAdd = (y: string, z: string, sum: string): string => `fma(${y}, ${z}, ${sum})`;
  keep = (value: string, slot: number): { first: string; again: string } => {
    this.lines.push(`t${slot} = ${value}`);
    return { first: `t${slot}`, again: `t${slot}` };
  };
}

function valuesOf(roots: readonly Expr[], axis: number | undefined): string[] {
  const emitter = new Statements();
  const expressions = new Expressions(roots, axis, emitter);
  let hoisted = 0;
  expressions.hoist(0, (value) => {
    emitter.lines.push(`h${hoisted} = ${value}`);
    return `h${hoisted++}`;
  });
  emitter.lines.push("loop");
  const evaluation = expressions.evaluation(4);
  return [...emitter.lines.splice(0), ...roots.map((e) => evaluation.value(e)), ...emitter.lines];
}

describe("the expressions of a kernel", () => {
  test("compute shared values once, and keep neither constants nor sums", () => {
    const square = pool.binary("mul", x, x);
    const two = pool.constant(2);
    const roots = [pool.binary("add", square, two), pool.binary("div", square, two), pool.reduced(), pool.reduced()];
    expect(valuesOf(roots, 1)).toEqual([
      "loop",
      "add(t1, 2)",
      "div(t1, 2)",
      "sum",
      "sum",
      "t0 = a[8,1; 4]",
      "t1 = mul(t0, t0)",
    ]);
  });

  test("compute invariant values before the loop, however large", () => {
    const scale = pool.pow(pool.unary("exp", row), -0.5);
    const root = pool.binary("mul", x, scale);
    expect(valuesOf([root], 1)).toEqual(["h0 = pow(exp(b[1,0; 0]), -0.5)", "loop", "mul(a[8,1; 4], h0)"]);
    expect(valuesOf([root], 0)).toEqual(["loop", "mul(a[8,1; 4], pow(exp(b[1,0; 4]), -0.5))"]);
  });

  test("vary where ids select other rows, though their own strides are 0", () => {
    const picked = pool.load({ ...at(a, 0, 0), pick: { ids: at(b, 0, 1), stride: 8 } });
    expect(valuesOf([picked], 1)).toEqual(["loop", "a[0,0; 4]"]);
    expect(valuesOf([picked], 0)).toEqual(["h0 = a[0,0; 0]", "loop", "h0"]);
  });

  test("are added to a sum by one instruction if they are products", () => {
    const evaluation = new Expressions([x], 1, new Statements()).evaluation(0);
    expect(evaluation.plus("s", pool.binary("mul", x, row))).toBe("fma(a[8,1; 0], b[1,0; 0], s)");
    expect(evaluation.plus("s", pool.unary("exp", row))).toBe("add(s, exp(b[1,0; 0]))");
  });
});
