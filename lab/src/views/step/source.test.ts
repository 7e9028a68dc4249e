import { namedParams, paramShapes, presets } from "microgpt";
import type { Operation } from "microgpt/value";
import { describe, expect, test } from "vitest";
import { OPERATIONS } from "../../graph/graph.ts";
import { buildStep } from "../../worker/step/build.ts";
import { checkpointOf } from "../../worker/step/testing.ts";
import { outlineOf, type Part } from "./outline.ts";
import { excerptOf, sourceOfOperation, sourcesOfTensor } from "./source.ts";
import { stepBoxes } from "./step-testing.ts";

const marked = (place: Parameters<typeof excerptOf>[0]): string[] =>
  excerptOf(place).lines.flatMap((line) => (line.marked ? [line.text.trim()] : []));

describe("every tensor has its source", () => {
  const { examined, params } = buildStep(checkpointOf({ nLayer: 2 }), { tokens: [5, 1, 2, 5], leftOut: 0 });
  const names = examined.fold.boxes.map(({ name }) => name);

  test("all weights are boxes", () => {
    const all = namedParams(paramShapes({ ...presets.microgpt.model, nLayer: 2, vocabSize: 6 })).map(([name]) => name);
    expect([...params]).toEqual(all);
    expect(names.slice(0, all.length)).toEqual(all);
  });

  test.each(names)("%s", (name) => {
    const places = sourcesOfTensor(name);
    expect(places.length).toBeGreaterThan(0);
    const tensor = name.replace(/^layer\d\./, "");
    const own = places.flatMap(marked).join(" ");
    // Their names are in the source, except where the code uses another: the sum of both embeddings, the losses and
    // their mean.
    const written: Readonly<Record<string, string>> = { losses: "crossEntropy", loss: "mean(0)", heads: "mixed" };
    expect(own).toContain(written[tensor] ?? tensor);
  });
});

test("every group has its source", () => {
  const groupsOf = (parts: readonly Part[]): string[] =>
    parts.flatMap((part) => (part.kind === "group" ? [part.name, ...groupsOf(part.parts)] : []));
  const groups = groupsOf(outlineOf(stepBoxes({ nLayer: 2 })));
  expect(groups).toHaveLength(8);
  for (const group of groups) expect([group, sourcesOfTensor(group).flatMap(marked).length > 0]).toEqual([group, true]);
});

test.each(OPERATIONS)("the operation %s has its source", (op: Operation) => {
  const lines = marked(sourceOfOperation(op)).join(" ");
  expect(lines).toContain(op === "leaf" ? "constructor" : `"${op}"`);
});

test("an excerpt has context, line numbers, and no common indentation", () => {
  const { file, lines } = excerptOf({ file: "src/model/gpt.ts", text: "let q = heads(", lines: 1 });
  expect(file).toBe("src/model/gpt.ts");
  expect(lines).toHaveLength(5);
  expect(lines.map(({ marked }) => marked)).toEqual([false, false, true, false, false]);
  expect(lines.map(({ number }) => number - (lines[0]?.number ?? 0))).toEqual([0, 1, 2, 3, 4]);
  expect(lines.some(({ text }) => text.startsWith(" "))).toBe(true);
  expect(lines.some(({ text }) => text !== "" && !text.startsWith(" "))).toBe(true);
});

test("a missing line is an error", () => {
  expect(() => excerptOf({ file: "src/tensor/nn.ts", text: "no such line", lines: 1 })).toThrow(
    "internal: no line of src/tensor/nn.ts begins with no such line",
  );
});
