import { describe, expect, test } from "vitest";
import { MicrogptError } from "../util/errors.ts";
import type { Dims, Shape } from "../util/shape.ts";
import { axisOf } from "./fit.ts";
import { checkIds, checkPlaces, checkRanges } from "./ids.ts";
import { inferShape, type Op, type OpAttrs, type OpInputs } from "./ops.ts";

type Good<K extends Op> = readonly [inputs: OpInputs<Shape, K>, attrs: OpAttrs<K>, result: Shape];
type Bad<K extends Op> = readonly [inputs: OpInputs<Shape, K>, attrs: OpAttrs<K>, got: string];

interface Cases<K extends Op> {
  readonly good: readonly Good<K>[];
  /** With what the message says it got. Empty where any shape will do. */
  readonly bad: readonly Bad<K>[];
}

/** A shape; as an array, the formatter would give it a line. */
const s = (...sizes: number[]): Shape => sizes;

const elementwise = {
  good: [
    [[[]], {}, []],
    [[s(3)], {}, s(3)],
    [[s(2, 1, 4)], {}, s(2, 1, 4)],
  ],
  bad: [],
} as const;

const broadcasting = {
  good: [
    [[[], []], {}, []],
    [[s(2, 3), s(2, 3)], {}, s(2, 3)],
    [[s(2, 3), []], {}, s(2, 3)],
    [[s(2, 1), s(3)], {}, s(2, 3)],
    [[s(4, 1, 3), s(2, 1)], {}, s(4, 2, 3)],
    [[s(1), s(5, 1, 1)], {}, s(5, 1, 1)],
  ],
  bad: [
    [[s(2, 3), s(2)], {}, "(2, 3) and (2)"],
    [[s(3), s(2)], {}, "(3) and (2)"],
    [[s(4, 2, 1), s(3, 1)], {}, "(4, 2, 1) and (3, 1)"],
  ],
} as const;

const reducing = {
  good: [
    [[s(2, 3)], { axis: 0 }, s(1, 3)],
    [[s(2, 3)], { axis: 1 }, s(2, 1)],
    [[s(2, 3)], { axis: -1 }, s(2, 1)],
    [[s(2, 3, 4)], { axis: -3 }, s(1, 3, 4)],
  ],
  bad: [
    [[s(2, 3)], { axis: 2 }, "2"],
    [[s(2, 3)], { axis: -3 }, "-3"],
    [[s(2, 3)], { axis: 0.5 }, "0.5"],
    [[[]], { axis: 0 }, "0"],
  ],
} as const;

// A mapped type: an operation without its cases does not compile.
const cases: { readonly [K in Op]: Cases<K> } = {
  add: broadcasting,
  mul: broadcasting,
  pow: { good: [[[s(2, 3)], { exponent: -0.5 }, s(2, 3)]], bad: [] },
  exp: elementwise,
  log: elementwise,
  relu: elementwise,
  sigmoid: elementwise,
  erf: elementwise,
  step: elementwise,
  hash: broadcasting,
  detach: elementwise,
  sum: reducing,
  max: reducing,
  matmul: {
    good: [
      [[s(2, 3), s(3, 4)], {}, s(2, 4)],
      [[s(7, 2, 3), s(3, 4)], {}, s(7, 2, 4)],
      [[s(2, 3), s(7, 3, 4)], {}, s(7, 2, 4)],
      [[s(5, 1, 2, 3), s(7, 3, 4)], {}, s(5, 7, 2, 4)],
      [[s(1, 1), s(1, 1)], {}, s(1, 1)],
    ],
    bad: [
      [[s(2, 3), s(2, 3)], {}, "(2, 3) and (2, 3)"],
      [[s(3), s(3, 4)], {}, "(3) and (3, 4)"],
      [[s(2, 3), s(3)], {}, "(2, 3) and (3)"],
      [[s(3), s(3)], {}, "(3) and (3)"],
      [[[], []], {}, "() and ()"],
      [[s(5, 2, 3), s(7, 3, 4)], {}, "(5, 2, 3) and (7, 3, 4)"],
      // A size of 1 broadcasts only in front of the matrices, not inside them.
      [[s(2, 1), s(3, 4)], {}, "(2, 1) and (3, 4)"],
    ],
  },
  reshape: {
    good: [
      [[s(2, 3)], { shape: [6] }, s(6)],
      [[s(6)], { shape: [3, 1, 2] }, s(3, 1, 2)],
      [[s(1, 1)], { shape: [] }, []],
      [[[]], { shape: [1] }, s(1)],
    ],
    bad: [
      [[s(2, 3)], { shape: [2, 2] }, "(2, 2)"],
      [[s(2, 3)], { shape: [-2, -3] }, "(-2, -3)"],
      [[s(2, 3)], { shape: [4, 1.5] }, "(4, 1.5)"],
      [[s(2, 3)], { shape: [6, 0] }, "(6, 0)"],
    ],
  },
  permute: {
    good: [
      [[s(2, 3, 4)], { axes: [2, 0, 1] }, s(4, 2, 3)],
      [[s(2, 3)], { axes: [0, 1] }, s(2, 3)],
      [[[]], { axes: [] }, []],
    ],
    bad: [
      [[s(2, 3)], { axes: [0] }, "(0)"],
      [[s(2, 3)], { axes: [0, 0] }, "(0, 0)"],
      [[s(2, 3)], { axes: [1, 2] }, "(1, 2)"],
      [[s(2, 3)], { axes: [0, 1, 1] }, "(0, 1, 1)"],
    ],
  },
  expand: {
    good: [
      [[s(1, 3)], { shape: s(2, 3) }, s(2, 3)],
      [[s(3)], { shape: s(4, 2, 3) }, s(4, 2, 3)],
      [[[]], { shape: s(2) }, s(2)],
      [[s(2, 3)], { shape: s(2, 3) }, s(2, 3)],
    ],
    bad: [
      [[s(2, 3)], { shape: s(2, 4) }, "(2, 4)"],
      [[s(2, 3)], { shape: s(3) }, "(3)"],
      [[s(2, 3)], { shape: s(2, 1) }, "(2, 1)"],
      [[s(2)], { shape: [] }, "()"],
    ],
  },
  slice: {
    good: [
      [[s(5, 3)], { axis: 0, start: 1, end: 4 }, s(3, 3)],
      [[s(5, 3)], { axis: -1, start: 0, end: 1 }, s(5, 1)],
      [[s(5)], { axis: 0, start: 0, end: 5 }, s(5)],
    ],
    bad: [
      [[s(5, 3)], { axis: 1, start: 0, end: 4 }, "0 to 4"],
      [[s(5, 3)], { axis: 0, start: 2, end: 2 }, "2 to 2"],
      [[s(5, 3)], { axis: 0, start: -1, end: 2 }, "-1 to 2"],
      [[s(5, 3)], { axis: 0, start: 0.5, end: 2 }, "0.5 to 2"],
      [[s(5, 3)], { axis: 2, start: 0, end: 1 }, "2"],
    ],
  },
  concat: {
    good: [
      [[s(2, 3)], { axis: 0 }, s(2, 3)],
      [[s(2, 3), s(4, 3), s(1, 3)], { axis: 0 }, s(7, 3)],
      [[s(2, 3), s(2, 1)], { axis: -1 }, s(2, 4)],
    ],
    bad: [
      [[], { axis: 0 }, "none"],
      [[s(2, 3), s(2, 4)], { axis: 0 }, "(2, 3) and (2, 4)"],
      [[s(2, 3), s(2)], { axis: 0 }, "(2, 3) and (2)"],
      [[s(2, 3), s(2, 3)], { axis: 2 }, "2"],
    ],
  },
  embedding: {
    good: [
      [[s(27, 16), s(4)], {}, s(4, 16)],
      [[s(27, 16), s(2, 4)], {}, s(2, 4, 16)],
      [[s(27, 16), []], {}, s(16)],
    ],
    bad: [
      [[s(27), s(4)], {}, "(27) and (4)"],
      [[s(1, 27, 16), s(4)], {}, "(1, 27, 16) and (4)"],
    ],
  },
  scatter: {
    good: [
      [[s(5, 4), s(5)], { rows: 3 }, s(3, 4)],
      [[s(2, 5, 4), s(2, 5)], { rows: 1 }, s(1, 4)],
      [[s(4), []], { rows: 3 }, s(3, 4)],
    ],
    bad: [
      [[s(5, 4), s(4)], { rows: 3 }, "(5, 4) and (4)"],
      [[[], []], { rows: 3 }, "() and ()"],
      [[s(5, 4), s(5)], { rows: 0 }, "(5, 4) and (5)"],
    ],
  },
  oneHot: {
    good: [
      [[s(2, 3)], { size: 5 }, s(2, 3, 5)],
      [[[]], { size: 1 }, s(1)],
    ],
    bad: [
      [[s(2)], { size: 0 }, "0"],
      [[s(2)], { size: 1.5 }, "1.5"],
    ],
  },
  gather: {
    good: [
      [[s(2, 4, 27), s(2, 4)], {}, s(2, 4)],
      [[s(27), []], {}, []],
    ],
    bad: [
      [[s(2, 27), s(3)], {}, "(2, 27) and (3)"],
      [[s(2, 27), s(2, 1)], {}, "(2, 27) and (2, 1)"],
      [[[], []], {}, "() and ()"],
    ],
  },
  put: {
    good: [
      [[s(7), s(2), s(2)], {}, s(7)],
      [[s(7, 3), s(2), s(2, 3)], {}, s(7, 3)],
      [[s(7, 3, 4), s(1), s(1, 3, 4)], {}, s(7, 3, 4)],
    ],
    bad: [
      [[[], s(1), s(1)], {}, "() and (1) and (1)"],
      [[s(7, 3), s(2), s(1, 3)], {}, "(7, 3) and (2) and (1, 3)"],
      [[s(7, 3), s(2), s(2, 4)], {}, "(7, 3) and (2) and (2, 4)"],
      [[s(7, 3), s(2, 1), s(2, 3)], {}, "(7, 3) and (2, 1) and (2, 3)"],
      [[s(7, 3), [], s(3)], {}, "(7, 3) and () and (3)"],
    ],
  },
  attention: {
    good: [
      [[s(4, 2, 3), s(4, 2, 3), s(4, 2, 3), s(4), s(4)], {}, s(4, 2, 3)],
      [[s(1, 2, 3), s(9, 2, 3), s(9, 2, 3), s(1), s(1)], {}, s(1, 2, 3)],
      [[s(4, 6, 3), s(9, 2, 3), s(9, 2, 3), s(4), s(4)], {}, s(4, 6, 3)],
    ],
    bad: [
      [[s(4, 3, 3), s(4, 2, 3), s(4, 2, 3), s(4), s(4)], {}, "(4, 3, 3) and (4, 2, 3) and (4, 2, 3) and (4) and (4)"],
      [[s(4, 6), s(4, 6), s(4, 6), s(4), s(4)], {}, "(4, 6) and (4, 6) and (4, 6) and (4) and (4)"],
      [[s(4, 2, 3), s(4, 3, 2), s(4, 3, 2), s(4), s(4)], {}, "(4, 2, 3) and (4, 3, 2) and (4, 3, 2) and (4) and (4)"],
      [[s(4, 2, 3), s(9, 2, 3), s(8, 2, 3), s(4), s(4)], {}, "(4, 2, 3) and (9, 2, 3) and (8, 2, 3) and (4) and (4)"],
      [[s(4, 2, 3), s(9, 2, 3), s(9, 2, 3), s(9), s(4)], {}, "(4, 2, 3) and (9, 2, 3) and (9, 2, 3) and (9) and (4)"],
      [[s(4, 2, 3), s(9, 2, 3), s(9, 2, 3), s(4), s(9)], {}, "(4, 2, 3) and (9, 2, 3) and (9, 2, 3) and (4) and (9)"],
    ],
  },
  linearCrossEntropy: {
    good: [[[s(4, 3), s(9, 3), s(4)], { cap: 0 }, s(4)]],
    bad: [
      [[s(4, 3), s(9, 2), s(4)], { cap: 0 }, "(4, 3) and (9, 2) and (4)"],
      [[s(4, 3), s(9, 3), s(5)], { cap: 0 }, "(4, 3) and (9, 3) and (5)"],
    ],
  },
  linearCrossEntropyGrad: {
    good: [
      [[s(4, 3), s(9, 3), s(4), s(4), s(4)], { cap: 15, of: "x" }, s(4, 3)],
      [[s(4, 3), s(9, 3), s(4), s(4), s(4)], { cap: 15, of: "weight" }, s(9, 3)],
    ],
    bad: [[[s(4, 3), s(9, 3), s(4), s(4), s(5)], { cap: 0, of: "x" }, "(4) and (5)"]],
  },
  attentionGrad: {
    good: [
      [[s(4, 2, 3), s(9, 2, 3), s(9, 2, 3), s(4), s(4), s(4, 2, 3)], { of: "q" }, s(4, 2, 3)],
      [[s(4, 2, 3), s(9, 2, 3), s(9, 2, 3), s(4), s(4), s(4, 2, 3)], { of: "k" }, s(9, 2, 3)],
      [[s(4, 2, 3), s(9, 2, 3), s(9, 2, 3), s(4), s(4), s(4, 2, 3)], { of: "v" }, s(9, 2, 3)],
    ],
    bad: [
      [[s(4, 2, 3), s(9, 2, 3), s(9, 2, 3), s(4), s(4), s(9, 2, 3)], { of: "q" }, "(9, 2, 3)"],
      [
        [s(4, 2, 3), s(9, 2), s(9, 2), s(4), s(4), s(4, 2, 3)],
        { of: "k" },
        "(4, 2, 3) and (9, 2) and (9, 2) and (4) and (4)",
      ],
    ],
  },
};

function checkOp<K extends Op>(op: K): void {
  const { good, bad }: Cases<K> = cases[op];

  test.each(good)("of %j with %j has the shape %j", (inputs, attrs, result) => {
    expect(inferShape(op, inputs, attrs)).toEqual(result);
  });

  if (bad.length === 0) return;
  test.each(bad)("refuses %j with %j in one line that names it and says it got %s", (inputs, attrs, got) => {
    const infer = (): Dims => inferShape(op, inputs, attrs);
    expect(infer).toThrow(MicrogptError);
    // `.` matches no line end.
    expect(infer).toThrow(new RegExp(`^${op}: expected .+, got ${got.replace(/[().]/g, "\\$&")}; .+$`));
  });
}

describe.each(Object.keys(cases) as Op[])("%s", (op) => checkOp(op));

describe("what an operation reads from its numbers is refused in one line", () => {
  test.each<[what: string, check: () => unknown, message: string]>([
    ["an id beyond the count", () => checkIds("gather", [0, 3], 3), "gather: expected ids from 0 to 2, got 3; check "],
    ["half an id", () => checkIds("gather", [0.5], 3), "gather: expected ids from 0 to 2, got 0.5; check "],
    ["a place beyond the count", () => checkPlaces("put", [3], 3), "put: expected ids from 0 to 2, got 3; check "],
    ["a place named twice", () => checkPlaces("put", [2, 0, 2], 3), "put: expected each id once, got 2 twice; check "],
    ["an empty range", () => checkRanges("attention", [0, 2], [1, 2], 3), "end <= 3, got 2 to 2 at row 1; check "],
    [
      "a range before the first",
      () => checkRanges("attention", [-1], [2], 3),
      "end <= 3, got -1 to 2 at row 0; check ",
    ],
    ["a range beyond the last", () => checkRanges("attention", [1], [4], 3), "end <= 3, got 1 to 4 at row 0; check "],
    ["half a row", () => checkRanges("attention", [0.5], [1.5], 3), "end <= 3, got 0.5 to 1.5 at row 0; check "],
    ["NaN", () => checkRanges("attention", [0], [Number.NaN], 3), "end <= 3, got 0 to NaN at row 0; check "],
  ])("%s", (_, check, message) => {
    expect(check).toThrow(MicrogptError);
    expect(check).toThrow(message);
  });
});

describe("axisOf", () => {
  test.each([
    [0, 0],
    [2, 2],
    [-1, 2],
    [-3, 0],
  ])("counts axis %d of three from the front as %d", (axis, counted) => {
    expect(axisOf("sum", [5, 6, 7], axis)).toBe(counted);
  });

  test("says which axes there are", () => {
    expect(() => axisOf("sum", [5, 6, 7], 3)).toThrow("sum: expected an axis of (5, 6, 7), from -3 to 2, got 3;");
  });
});
