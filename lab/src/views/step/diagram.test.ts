import { describe, expect, test } from "vitest";
import { type Diagram, diagramOf, isWeight, type Rectangle, rowsOf } from "./diagram.ts";
import { groupsAround, outlineOf } from "./outline.ts";
import { stepBoxes } from "./step-testing.ts";

const boxes = stepBoxes({ nLayer: 2 });
const outline = outlineOf(boxes);
const all = new Set(boxes.flatMap((_, box) => groupsAround(outline, box)));
const draw = (...open: string[]): Diagram => diagramOf(outline, boxes, new Set(open));
const unfolded = diagramOf(outline, boxes, all);

const apart = (a: Rectangle, b: Rectangle): boolean =>
  a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
const within = (inner: Rectangle, outer: Rectangle): boolean =>
  inner.x >= outer.x &&
  inner.y >= outer.y &&
  inner.x + inner.width <= outer.x + outer.width &&
  inner.y + inner.height <= outer.y + outer.height;

describe.each([
  ["folded", draw()],
  ["a layer unfolded", draw("layer1")],
  ["attention unfolded", draw("layer0", "layer0.attention")],
  ["all unfolded", unfolded],
])("%s", (_, diagram) => {
  test("no two boxes overlap, and all are within the whole", () => {
    const whole = { x: 0, y: 0, width: diagram.width, height: diagram.height };
    diagram.parts.forEach((a, i) => {
      expect(within(a, whole)).toBe(true);
      for (const b of diagram.parts.slice(i + 1)) expect([a.part.name, b.part.name, apart(a, b)][2]).toBe(true);
    });
  });

  test("a reader is above its inputs", () => {
    const places = new Map(diagram.parts.map((place) => [place.part.name, place]));
    expect(diagram.connections.length).toBeGreaterThan(4);
    for (const { from, to } of diagram.connections) {
      const [source, target] = [places.get(from), places.get(to)];
      expect([from, to, (target?.y ?? 0) + (target?.height ?? 0) <= (source?.y ?? 0)]).toEqual([from, to, true]);
    }
  });

  test("frames contain their parts, and lanes stay within the whole", () => {
    for (const frame of diagram.frames) {
      const inside = diagram.parts.filter(({ part }) => part.name.startsWith(`${frame.part.name}.`));
      for (const place of inside) expect(within(place, frame)).toBe(true);
    }
    for (const { path } of diagram.connections) {
      const numbers = (path.match(/[HQ](-?[\d.]+)/g) ?? []).map((text) => Number(text.slice(1)));
      expect(Math.max(0, ...numbers)).toBeLessThanOrEqual(diagram.width);
    }
  });
});

test("attention's rows: weights just below their readers", () => {
  const layer = outline.find(({ name }) => name === "layer0");
  const attention = layer?.kind === "group" ? layer.parts[0] : undefined;
  const rows = attention?.kind === "group" ? rowsOf(attention.parts, boxes) : [];
  expect(rows.map((row) => row.map(({ name }) => name.replace("layer0.", "")))).toEqual([
    ["attn_norm", "attn_wq", "attn_wk", "attn_wv"],
    ["q", "k", "v"],
    ["heads", "attn_wo"],
    ["attn"],
  ]);
});

test("the residual stream takes a lane around the boxes it passes", () => {
  const path = (from: string, to: string): string =>
    unfolded.connections.find((connection) => connection.from === from && connection.to === to)?.path ?? "";
  expect(path("embedding", "layer0.attn")).toContain("Q");
  expect(path("layer0.attn", "layer0.mlp")).toContain("Q");
  expect(path("layer0.hidden", "layer0.mlp")).toContain("C");
});

test("weights are the parts that nothing computes", () => {
  const weights = unfolded.parts.filter(({ part }) => isWeight(part, boxes)).map(({ part }) => part.name);
  expect(weights).toHaveLength(3 + 2 * 6);
  expect(weights).toContain("layer1.mlp_fc2");
});
