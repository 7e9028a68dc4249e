import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { END_REASONS, type MetricsLine, printLine } from "./metrics.ts";
import { parseMetrics } from "./parse-metrics.ts";

const RUN = {
  data: "names.txt",
  startedAt: "2026-01-31T12:00:00.000Z",
  pid: 1,
  numParams: 9,
  config: {},
  settings: { numSteps: 9 },
};
const HEAD = printLine({ type: "run", ...RUN });
const step = (n: number, loss = 2): string =>
  printLine({
    type: "step",
    step: n,
    loss,
    learningRate: 0.1,
    gradNorm: 1,
    tokens: 5 * n,
    tokensPerSecond: 5,
    elapsed: n,
  });
const stepsOf = (text: string): [number, number][] =>
  parseMetrics("x", text).steps.map(({ step, loss }) => [step, loss]);

describe("parseMetrics", () => {
  const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => x + 0);
  const count = fc.nat();
  const stepLine = fc.record(
    {
      type: fc.constant("step" as const),
      step: count,
      loss: number,
      valLoss: number,
      learningRate: number,
      gradNorm: number,
      tokens: count,
      tokensPerSecond: number,
      elapsed: number,
    },
    { requiredKeys: ["type", "step", "loss", "learningRate", "gradNorm", "tokens", "tokensPerSecond", "elapsed"] },
  );
  const sampleLine = fc.record({
    type: fc.constant("sample" as const),
    step: count,
    text: fc.string({ unit: "binary" }),
  });
  const verdictLine = fc.record({
    type: fc.constant("verdict" as const),
    step: count,
    kind: fc.string(),
    text: fc.string(),
  });
  const endLine = fc.record(
    { type: fc.constant("end" as const), step: count, reason: fc.constantFrom(...END_REASONS), message: fc.string() },
    { requiredKeys: ["type", "step", "reason"] },
  );
  const lists = fc.tuple(
    fc.array(stepLine),
    fc.array(sampleLine),
    fc.array(verdictLine),
    fc.option(endLine, { nil: undefined }),
  );

  test("reads back any lines that printLine wrote", () => {
    fc.assert(
      fc.property(lists, ([steps, samples, verdicts, end]) => {
        const ascending = steps.map((line, i) => ({ ...line, step: i + 1 }));
        const lines: MetricsLine[] = [
          { type: "run", ...RUN },
          ...ascending,
          ...samples.map((line) => ({ ...line, step: 1e9 })),
          ...verdicts.map((line) => ({ ...line, step: 1e9 })),
          ...(end ? [end] : []),
        ];
        const read = parseMetrics("x", lines.map(printLine).join(""));
        const again: MetricsLine[] = [
          { type: "run", ...read.run },
          ...read.steps.map((line) => ({ type: "step" as const, ...line })),
          ...read.samples.map((line) => ({ type: "sample" as const, ...line })),
          ...read.verdicts.map((line) => ({ type: "verdict" as const, ...line })),
          ...(read.end ? [{ type: "end" as const, ...read.end }] : []),
        ];
        expect(again.map((line) => JSON.parse(printLine(line)))).toEqual(
          lines.map((line) => JSON.parse(printLine(line))),
        );
      }),
    );
  });

  test("reads the complete lines of a file cut anywhere after its first line", () => {
    const text = HEAD + [1, 2, 3].map((n) => step(n)).join("") + printLine({ type: "end", step: 3, reason: "done" });
    for (let length = HEAD.length; length <= text.length; length++) {
      const whole = text.slice(0, length).split("\n").length - 2;
      const { steps, end } = parseMetrics("x", text.slice(0, length));
      expect([steps.length, end?.reason]).toEqual([Math.min(whole, 3), whole === 4 ? "done" : undefined]);
    }
  });

  test.each<[what: string, text: string, steps: [number, number][]]>([
    [
      "what stands later where steps go back",
      HEAD + step(1) + step(2) + step(3) + step(2, 9),
      [
        [1, 2],
        [2, 9],
      ],
    ],
    ["a step that is there twice once", HEAD + step(1) + step(1, 9), [[1, 9]]],
    [
      "lines of a later version by skipping them",
      `${HEAD}${step(1)}{"type":"weights","step":1}\n${step(2)}`,
      [
        [1, 2],
        [2, 2],
      ],
    ],
    ["empty lines by skipping them", `${HEAD}\n\n${step(1)}`, [[1, 2]]],
    ["a loss that JSON has no number for", HEAD + step(1, Number.NaN), [[1, Number.NaN]]],
    ["no steps yet", HEAD, []],
  ])("accepts %s", (_, text, steps) => {
    expect(stepsOf(text)).toEqual(steps);
  });

  test("an end line counts only if it is the last line", () => {
    const end = printLine({ type: "end", step: 1, reason: "interrupted" });
    expect(parseMetrics("x", HEAD + step(1) + end + step(2)).end).toBeUndefined();
    expect(parseMetrics("x", HEAD + step(1) + end).end).toEqual({ step: 1, reason: "interrupted" });
  });

  test.each<[what: string, text: string, message: RegExp]>([
    ["an empty file", "", /^metrics x: expected a run in its first line, got none; the file is damaged/],
    ["a first line that was cut", HEAD.slice(0, 30), /expected a run in its first line, got none/],
    ["a file without a run", step(1), /expected a run in its first line, got a line of type step/],
    ["JSON of another kind", '{"type":"start"}\n', /expected a line of metrics in line 1, got .*start/],
    ["a table", "step,loss\n1,2\n", /expected JSON in line 1, got "step,loss"/],
    ["a broken line", `${HEAD}${step(1)}{"type":"st\n${step(2)}`, /expected JSON in line 3, got/],
    ["a line that is no object", `${HEAD}3\n`, /expected a JSON object in line 2, got 3/],
    [
      "a field that is missing",
      `${HEAD}{"type":"sample","step":1}\n`,
      /expected text to be a string in line 2, got undefined/,
    ],
    [
      "a field of another kind",
      HEAD + step(1).replace('"loss":2', '"loss":"2"'),
      /expected loss to be a number in line 2, got "2"/,
    ],
    ["half a step", HEAD + step(1).replace('"step":1', '"step":1.5'), /expected step to be a count in line 2, got 1.5/],
    [
      "an unknown end",
      `${HEAD}{"type":"end","step":1,"reason":"bored"}\n`,
      /expected a reason of done, .* in line 2, got "bored"/,
    ],
    ["two runs", HEAD + HEAD, /expected one run, got another one further down/],
    [
      "a run without steps to do",
      HEAD.replace('"numSteps":9', '"steps":9'),
      /expected settings.numSteps to be a count/,
    ],
    ["a later version", HEAD.replace('"version":1', '"version":2'), /expected version 1, got 2; update microgpt$/],
  ])("refuses %s", (_, text, message) => {
    expect(() => parseMetrics("x", text)).toThrow(message);
  });
});
