import { describe, expect, test } from "vitest";
import { type Complaint, internalError, MicrogptError, show } from "./errors.ts";

const complaint: Complaint = {
  code: "shape",
  operation: "matmul",
  expected: "(M, K) and (K, N)",
  got: "(2, 3) and (2, 3)",
  fix: "transpose one",
};

function errorOf(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}

const complain = (): never => {
  throw new MicrogptError(complaint);
};

describe("a MicrogptError", () => {
  test("says in one line what refused, what it expected, what it got, and the fix", () => {
    const error = new MicrogptError(complaint);
    expect(error.message).toBe("matmul: expected (M, K) and (K, N), got (2, 3) and (2, 3); transpose one");
    expect(String(error)).toBe(`MicrogptError: ${error.message}`);
    expect(error.complaint).toEqual(complaint);
    expect(error).toBeInstanceOf(Error);
  });

  test.each([
    ["a\nb", "a\\u000ab"],
    ["a\r\nb", "a\\u000d\\u000ab"],
    ["\x1b[31mred", "\\u001b[31mred"],
    ["nul\0", "nul\\u0000"],
    ["a\u0085b\u2028c\u2029d", "a\\u0085b\\u2028c\\u2029d"],
    ["naïve 😀 text", "naïve 😀 text"],
  ])("shows control characters and line ends of %j as escapes", (operation, shown) => {
    expect(new MicrogptError({ ...complaint, operation }).message).toMatch(`${shown}: expected (M, K)`);
  });

  test("keeps what caused it", () => {
    const cause = new Error("the disk");
    expect(new MicrogptError(complaint, { cause }).cause).toBe(cause);
  });
});

describe("within", () => {
  test("returns the result of the action", () => {
    expect(MicrogptError.within("load", "try again", () => 42)).toBe(42);
  });

  test("says that an error arose as part of a larger operation, with that one's fix", () => {
    const error = errorOf(() => MicrogptError.within("checkpoint a.st", "use another copy", complain));
    expect(error).toBeInstanceOf(MicrogptError);
    expect(error).toHaveProperty(
      "message",
      "checkpoint a.st: matmul: expected (M, K) and (K, N), got (2, 3) and (2, 3); use another copy",
    );
    expect(error).toHaveProperty("cause.complaint", complaint);
  });

  test("can be nested: the outermost operation comes first", () => {
    const error = errorOf(() => MicrogptError.within("a", "A", () => MicrogptError.within("b", "B", complain)));
    expect(error).toHaveProperty("message", expect.stringMatching(/^a: b: matmul: expected .*; A$/));
  });

  test("returns any other error unchanged", () => {
    const bug = internalError("lost count");
    const fail = (): never => {
      throw bug;
    };
    expect(errorOf(() => MicrogptError.within("load", "try again", fail))).toBe(bug);
  });
});

test("an internal error is marked as ours and is not a MicrogptError", () => {
  const error = internalError("lost count");
  expect(error.message).toBe("internal: lost count; this is a bug in microgpt, please report it");
  expect(error).not.toBeInstanceOf(MicrogptError);
});

describe("show", () => {
  test.each<[value: unknown, shown: string]>([
    [3, "3"],
    [-0.5, "-0.5"],
    [Number.NaN, "NaN"],
    [-Infinity, "-Infinity"],
    [12n, "12"],
    ["text", '"text"'],
    ["3", '"3"'],
    ['with "quotes"', '"with \\"quotes\\""'],
    ["two\nlines", '"two\\nlines"'],
    ["", '""'],
    [true, "true"],
    [null, "null"],
    [undefined, "undefined"],
    [[1, 2], "[1,2]"],
    [{ a: 1 }, '{"a":1}'],
    [Symbol("s"), "symbol"],
    [() => 1, "function"],
  ])("%s is shown like this in a message", (value, shown) => {
    expect(show(value)).toBe(shown);
  });

  test("cuts long values to 60 characters", () => {
    expect(show("x".repeat(58))).toBe(`"${"x".repeat(58)}"`);
    expect(show("x".repeat(59))).toBe(`"${"x".repeat(56)}...`);
    expect(show(Array(1000).fill(1))).toHaveLength(60);
  });
});
