import { describe, expect, test } from "vitest";
import { stepAPI } from "../../worker/step/step.ts";
import { checkpointOf } from "../../worker/step/testing.ts";
import { drawTree, playOrder } from "./tree-geometry.ts";

const api = stepAPI({ checkpoint: checkpointOf() });
const { tree } = api.express("(a*b + c).relu() * a", { a: 2, b: 3, c: -1 });
const drawn = drawTree(tree);

describe("a tree in pixels", () => {
  test("boxes do not overlap and are within the whole", () => {
    drawn.nodes.forEach(({ place: a }, i) => {
      expect([a.x >= 0, a.y >= 0, a.x + a.width <= drawn.width, a.y + a.height <= drawn.height]).not.toContain(false);
      for (const { place: b } of drawn.nodes.slice(i + 1)) {
        expect(a.x + a.width < b.x || b.x + b.width < a.x || a.y + a.height < b.y || b.y + b.height < a.y).toBe(true);
      }
    });
  });

  test("an edge leaves one box on the right and enters the other on the left", () => {
    expect(drawn.edges).toHaveLength(7);
    for (const { edge, path } of drawn.edges) {
      const [source, target] = [drawn.nodes[edge.from]?.place, drawn.nodes[edge.to]?.place];
      const numbers = path.match(/-?[\d.]+/g)?.map(Number) ?? [];
      expect(numbers[0]).toBeCloseTo((source?.x ?? 0) + (source?.width ?? 0), 6);
      expect(numbers.at(-2)).toBeCloseTo(target?.x ?? Number.NaN, 6);
    }
  });

  test("is as wide as its names need", () => {
    api.build("abc");
    const loss = api.tree("step", api.facts("step", 0).node, 6);
    expect(drawTree(loss).nodes[0]?.place.width).toBeGreaterThan(drawn.nodes[0]?.place.width ?? 0);
  });
});

test("a part is played after its inputs", () => {
  const order = playOrder(tree);
  for (const { from, to } of tree.edges) {
    const [source, target] = [tree.nodes[from], tree.nodes[to]];
    if (source === undefined || target === undefined) throw new Error("no such node");
    expect(order.indexOf(source)).toBeLessThan(order.indexOf(target));
  }
});
