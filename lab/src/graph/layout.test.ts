import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Edge, type Layout, layout } from "./layout.ts";
import { smallFold } from "./small-gpt.ts";
import { unfold } from "./unfold.ts";

/** Edges from lower to higher numbers. */
const graphs = fc.integer({ min: 2, max: 40 }).chain((size) => {
  const ends = fc.tuple(fc.nat(size - 1), fc.nat(size - 1)).filter(([from, to]) => from !== to);
  const edges = fc.array(ends, { maxLength: 60 });
  return edges.map((list) => ({ size, edges: list.map(([x, y]): Edge => [Math.min(x, y), Math.max(x, y)]) }));
});

/** Everything that takes space, nodes first: a bend in an edge takes as much as a node. */
function overlaps({ nodes, edges }: Layout): number {
  const taken = [...nodes, ...edges.flatMap(({ points }) => points.slice(1, -1))];
  let count = 0;
  taken.forEach((one, i) => {
    for (const other of taken.slice(0, i)) if (one.x === other.x && Math.abs(one.y - other.y) < 1 - 1e-9) count++;
  });
  return count;
}

function crossings({ edges }: Layout): number {
  const pieces = edges.flatMap(({ points }) => points.slice(1).map((to, i) => ({ from: points[i] ?? to, to })));
  let count = 0;
  pieces.forEach((one, i) => {
    for (const other of pieces.slice(0, i)) {
      if (one.from.x === other.from.x && (one.from.y - other.from.y) * (one.to.y - other.to.y) < 0) count++;
    }
  });
  return count;
}

describe("any acyclic graph", () => {
  test("is laid out without overlaps, from left to right, with edges crossing one column at a time", () => {
    fc.assert(
      fc.property(graphs, ({ size, edges }) => {
        const found = layout(size, edges);
        expect([found.nodes.length, overlaps(found)]).toEqual([size, 0]);
        expect(Math.min(...found.nodes.map(({ y }) => y))).toBeGreaterThanOrEqual(0);
        expect(Math.max(...found.nodes.map(({ x }) => x))).toBe(found.width);
        for (const { x, y } of found.nodes) {
          expect([Number.isInteger(x), x >= 0, y <= found.height]).toEqual([true, true, true]);
        }
        found.edges.forEach(({ from, to, points }, i) => {
          expect([from, to]).toEqual(edges[i]);
          expect([points[0], points.at(-1)]).toEqual([found.nodes[from], found.nodes[to]]);
          points.slice(1).forEach((point, k) => {
            expect(point.x).toBe((points[k]?.x ?? 0) + 1);
          });
        });
      }),
    );
  });

  test("a node is one column before its first user", () => {
    fc.assert(
      fc.property(graphs, ({ size, edges }) => {
        const { nodes, width } = layout(size, edges);
        nodes.forEach(({ x }, node) => {
          const users = edges.filter(([from]) => from === node).map(([, to]) => nodes[to]?.x ?? 0);
          expect(x).toBe(users.length === 0 ? width : Math.min(...users) - 1);
        });
      }),
    );
  });

  test("the same twice", () => {
    fc.assert(
      fc.property(graphs, ({ size, edges }) => {
        expect(layout(size, edges)).toEqual(layout(size, edges));
      }),
    );
  });

  test("a tree has no crossings, for any order of its edges", () => {
    const parents = fc.array(fc.nat(1000), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(parents, fc.infiniteStream(fc.nat(1000)), (list, keys) => {
        const edges = list.map((parent, i): Edge => [i + 1, parent % (i + 1)]);
        const shuffled = edges.map((edge) => ({ edge, key: keys.next().value })).sort((x, y) => x.key - y.key);
        expect(
          crossings(
            layout(
              list.length + 1,
              shuffled.map(({ edge }) => edge),
            ),
          ),
        ).toBe(0);
      }),
    );
  });
});

describe("small ones", () => {
  test.each<[name: string, size: number, edges: Edge[], nodes: [x: number, y: number][]]>([
    ["nothing", 0, [], []],
    ["one node", 1, [], [[0, 0]]],
    [
      "two nodes apart",
      2,
      [],
      [
        [0, 0],
        [0, 1],
      ],
    ],
    [
      "a sum of two",
      3,
      [
        [0, 2],
        [1, 2],
      ],
      [
        [0, 0],
        [0, 1],
        [1, 0.5],
      ],
    ],
    [
      "x · x",
      2,
      [
        [0, 1],
        [0, 1],
      ],
      [
        [0, 0],
        [1, 0],
      ],
    ],
    [
      "crossed",
      4,
      [
        [0, 3],
        [1, 2],
      ],
      [
        [0, 1],
        [0, 0],
        [1, 0],
        [1, 1],
      ],
    ],
  ])("%s", (_, size, edges, nodes) => {
    expect(layout(size, edges).nodes).toEqual(nodes.map(([x, y]) => ({ x, y })));
  });

  test("an edge past a node bends around it", () => {
    const { nodes, edges } = layout(3, [
      [0, 1],
      [1, 2],
      [0, 2],
    ]);
    expect(nodes.map(({ x }) => x)).toEqual([0, 1, 2]);
    expect(Math.abs((edges[2]?.points[1]?.y ?? 0) - (nodes[1]?.y ?? 0))).toBeGreaterThanOrEqual(1);
  });

  test.each<[name: string, edges: Edge[], message: string]>([
    [
      "a cycle",
      [
        [0, 1],
        [1, 0],
      ],
      "layout: expected edges that lead from left to right, got a cycle; cut it",
    ],
    ["a loop", [[1, 1]], "layout: expected edges that lead from left to right, got a cycle; cut it"],
    ["no such node", [[0, 2]], "layout: expected edges between nodes 0 to 1, got 0 to 2; leave it out"],
  ])("refused: %s", (_, edges, message) => {
    expect(() => layout(2, edges)).toThrow(message);
  });
});

describe("its purpose", () => {
  const { graph, folded } = smallFold();

  test("the boxes of a GPT of two layers", () => {
    const edges = folded.boxes.flatMap(({ inputs }, box) => inputs.map((input): Edge => [input, box]));
    const found = layout(folded.boxes.length, edges);
    expect([overlaps(found), found.height < 12]).toEqual([0, true]);
  });

  test("an unfolded attention, with what it shares", () => {
    const entry = folded.boxes.find(({ name }) => name === "layer0.heads")?.members.at(-1) ?? -1;
    const nodes = unfold(graph, folded, entry, { maxNodes: 200 });
    const found = layout(
      nodes.length,
      nodes.flatMap(({ inputs }, user) => inputs.map((input): Edge => [input, user])),
    );
    expect(overlaps(found)).toBe(0);
  });
});
