import { Value } from "microgpt/value";
import { describe, expect, test } from "vitest";
import { fold } from "./fold.ts";
import { flatten, operandsOf } from "./graph.ts";
import { smallFold } from "./small-gpt.ts";
import { type UnfoldedNode, unfold } from "./unfold.ts";

/** One line a node: `0 sum <- 1 2 3`. */
function linesOf(nodes: readonly UnfoldedNode[]): string[] {
  return nodes.map(({ kind, inputs }, i) => `${i} ${kind} <- ${inputs.join(" ")}`.trim());
}

const { graph, folded } = smallFold();

/** The last entry of a box. */
function lastOf(name: string): number {
  return folded.boxes.find((box) => box.name === name)?.members.at(-1) ?? -1;
}

describe("an entry of a box unfolds", () => {
  test("a dot product: one sum of products of entries of other boxes", () => {
    const nodes = unfold(graph, folded, lastOf("layer0.q"));
    expect(linesOf(nodes)).toEqual([
      "0 sum <- 1 2 3 4",
      "1 computed <- 5 6",
      "2 computed <- 7 8",
      "3 computed <- 9 10",
      "4 computed <- 11 12",
      ...Array.from({ length: 8 }, (_, i) => `${i + 5} member <-`),
    ]);
    const names = nodes.slice(5).map(({ node }) => folded.boxes[folded.owner[node] ?? -1]?.name);
    expect(new Set(names)).toEqual(new Set(["layer0.attn_wq", "layer0.attn_norm"]));
  });

  test("a norm: the sum of squares, each using its entry twice", () => {
    expect(linesOf(unfold(graph, folded, lastOf("layer0.attn_norm")))).toEqual([
      "0 computed <- 1 2", // x · (mean square + eps) ** -0.5
      "1 member <-",
      "2 computed <- 3",
      "3 computed <- 4 5",
      "4 computed <- 6 7",
      "5 leaf <-", // eps
      "6 sum <- 8 9 10 11",
      "7 leaf <-", // 1 / C
      "8 computed <- 12 12",
      "9 computed <- 13 13",
      "10 computed <- 14 14",
      "11 computed <- 1 1",
      "12 member <-",
      "13 member <-",
      "14 member <-",
    ]);
  });

  test("a sum's terms add up to it, for every entry of every box", () => {
    const off: number[] = [];
    let sums = 0;
    for (const member of folded.boxes.flatMap((box) => [...box.members])) {
      const nodes = member < 0 ? [] : unfold(graph, folded, member);
      for (const { node, inputs, numbers, more } of nodes.filter(({ kind }) => kind === "sum")) {
        sums++;
        const terms = [...inputs.map((i) => nodes[i]?.node ?? -1), ...more].map(
          (term) => graph.data[term] ?? Number.NaN,
        );
        const total = [...terms, ...numbers].reduce((sum, term) => sum + term);
        if (!(Math.abs(total - (graph.data[node] ?? 0)) <= 1e-14)) off.push(node);
      }
    }
    expect([off, sums > 300]).toEqual([[], true]);
  });

  test("each node is there once, and its inputs are its operands", () => {
    const nodes = unfold(graph, folded, lastOf("losses"), { maxNodes: 1000 });
    expect(new Set(nodes.map(({ node }) => node)).size).toBe(nodes.length);
    for (const { node, kind, inputs } of nodes) {
      if (kind === "computed") expect(inputs.map((i) => nodes[i]?.node)).toEqual(operandsOf(graph, node));
    }
  });

  test("up to the limit; the rest can be unfolded by itself", () => {
    const nodes = unfold(graph, folded, lastOf("losses"), { maxNodes: 8 });
    expect(nodes.length).toBeLessThanOrEqual(8);
    const left = nodes.find(({ kind }) => kind === "folded")?.node ?? -1;
    expect(unfold(graph, folded, left)[0]?.kind).not.toBe("folded");
  });

  test("a leaf, a member of a weight: itself", () => {
    expect(linesOf(unfold(graph, folded, lastOf("lm_head")))).toEqual(["0 leaf <-"]);
    expect(() => unfold(graph, folded, -1)).toThrow("unfold: expected a node");
  });
});

describe("sums", () => {
  function unfoldValue(root: Value, maxTerms = 16): { nodes: UnfoldedNode[]; data: (node: number) => number } {
    const { graph } = flatten(root);
    return {
      nodes: unfold(graph, fold(graph, []), graph.size - 1, { maxTerms }),
      data: (node) => graph.data[node] ?? 0,
    };
  }

  test("long ones show their first terms and list the others, in the order of the additions", () => {
    const values = Array.from({ length: 50 }, (_, i) => new Value(i));
    const { nodes, data } = unfoldValue(
      values.reduce((sum, value) => sum.add(value)),
      10,
    );
    expect(nodes[0]?.inputs.map((i) => data(nodes[i]?.node ?? -1))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(nodes[0]?.more.map(data)).toEqual(Array.from({ length: 40 }, (_, i) => i + 10));
    expect(nodes.length).toBe(11);
  });

  test("plain numbers are kept apart; two terms are not a long sum", () => {
    const [x, y] = [new Value(2), new Value(3)];
    expect(unfoldValue(x.add(1).add(y).add(-4)).nodes[0]).toMatchObject({
      kind: "sum",
      inputs: [1, 2],
      numbers: [-4, 1],
    });
    expect(unfoldValue(x.add(y)).nodes[0]).toMatchObject({ kind: "computed", inputs: [1, 2], numbers: [] });
    expect(unfoldValue(x.add(7)).nodes[0]).toMatchObject({ kind: "computed", inputs: [1], numbers: [] });
  });

  test("an addition with another use stays a node", () => {
    const [x, y, z] = [new Value(2), new Value(3), new Value(4)];
    const shared = x.add(y);
    const { nodes } = unfoldValue(shared.add(z).add(shared));
    expect(linesOf(nodes)).toEqual(["0 sum <- 1 2 1", "1 computed <- 3 4", "2 leaf <-", "3 leaf <-", "4 leaf <-"]);
  });
});
