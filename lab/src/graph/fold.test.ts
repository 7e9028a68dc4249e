import { Value } from "microgpt/value";
import { describe, expect, test } from "vitest";
import { type Fold, fold } from "./fold.ts";
import { flatten, operandsOf, type ValueGraph } from "./graph.ts";
import { smallFold } from "./small-gpt.ts";

function boxNamed({ boxes }: Fold, name: string): Fold["boxes"][number] {
  const box = boxes.find((candidate) => candidate.name === name);
  if (box === undefined) throw new Error(`no box ${name}`);
  return box;
}

/** A box in one line: name, kind, shape, inside, inputs. */
function linesOf({ boxes }: Fold): string[] {
  return boxes.map(
    ({ name, kind, shape, inside, inputs }) =>
      `${kind} ${name} (${shape.join(", ")}) inside ${inside} <- ${inputs.map((i) => boxes[i]?.name).join(" ")}`,
  );
}

describe("a GPT's loss", () => {
  test("of one layer, folded", () => {
    const { folded } = smallFold({ nLayer: 1 });
    expect(linesOf(folded)).toEqual([
      "given wte (7, 4) inside 0 <- ",
      "given wpe (8, 4) inside 0 <- ",
      "given lm_head (7, 4) inside 0 <- ",
      "given layer0.attn_wq (4, 4) inside 0 <- ",
      "given layer0.attn_wk (4, 4) inside 0 <- ",
      "given layer0.attn_wv (4, 4) inside 0 <- ",
      "given layer0.attn_wo (4, 4) inside 0 <- ",
      "given layer0.mlp_fc1 (16, 4) inside 0 <- ",
      "given layer0.mlp_fc2 (4, 16) inside 0 <- ",
      "given embedding (4, 4) inside 58 <- wte wpe",
      "given layer0.attn_norm (4, 4) inside 42 <- embedding",
      "given layer0.q (4, 4) inside 96 <- layer0.attn_wq layer0.attn_norm",
      "given layer0.k (4, 4) inside 96 <- layer0.attn_wk layer0.attn_norm",
      "given layer0.v (4, 4) inside 96 <- layer0.attn_wv layer0.attn_norm",
      "given layer0.heads (4, 4) inside 232 <- layer0.q layer0.k layer0.v",
      "given layer0.attn (4, 4) inside 96 <- layer0.attn_wo layer0.heads",
      "shared layer0.mlp_norm.input (4, 4) inside 0 <- embedding layer0.attn",
      "given layer0.mlp_norm (4, 4) inside 42 <- layer0.mlp_norm.input",
      "given layer0.hidden (4, 16) inside 448 <- layer0.mlp_fc1 layer0.mlp_norm",
      "given layer0.mlp (4, 4) inside 480 <- layer0.mlp_fc2 layer0.hidden",
      "given logits (4, 7) inside 184 <- lm_head layer0.mlp_norm.input layer0.mlp",
      "given losses (4) inside 98 <- logits",
      "root loss () inside 4 <- losses",
    ]);
  });

  test.each([{}, { mlp: "relu2" }, { nHead: 1, nLayer: 3 }] as const)(
    "with %o: every node is in one box",
    (changes) => {
      const { graph, folded } = smallFold(changes);
      const { boxes, owner, entry } = folded;
      const members = boxes.flatMap((box) => [...box.members]).filter((node) => node >= 0);
      expect(new Set(members).size).toBe(members.length);
      expect(members.length + boxes.reduce((sum, { inside }) => sum + inside, 0)).toBe(graph.size);
      boxes.forEach((box, place) => {
        expect(box.inputs.every((input) => input < place)).toBe(true);
        box.members.forEach((node, i) => {
          if (node >= 0) expect([owner[node], entry[node]]).toEqual([place, i]);
        });
      });
    },
  );

  test("a box reads only members of other boxes, and constants", () => {
    const { graph, folded } = smallFold();
    const { boxes, owner, entry } = folded;
    const wrong: number[] = [];
    for (let user = 0; user < graph.size; user++) {
      for (const node of operandsOf(graph, user)) {
        if (owner[node] === owner[user] || (entry[node] === -1 && operandsOf(graph, node).length === 0)) continue;
        const listed = boxes[owner[user] ?? -1]?.inputs.includes(owner[node] ?? -1);
        if (entry[node] === -1 || !listed) wrong.push(user);
      }
    }
    expect(wrong).toEqual([]);
  });

  test("the residual stream has rows and channels: entry i is the input of entry i of its norm", () => {
    const { graph, folded } = smallFold();
    const stream = boxNamed(folded, "layer1.attn_norm.input");
    const norm = boxNamed(folded, "layer1.attn_norm");
    const [before, added] = [boxNamed(folded, "layer0.mlp_norm.input"), boxNamed(folded, "layer0.mlp")];
    stream.members.forEach((node, i) => {
      expect(operandsOf(graph, norm.members[i] ?? -1)).toContain(node);
      expect(operandsOf(graph, node)).toEqual([before.members[i], added.members[i]]);
    });
  });

  test("a clone, as a worker sends it, is the same", () => {
    const { folded } = smallFold();
    expect(structuredClone(folded)).toEqual(folded);
  });
});

describe("groups", () => {
  function example(): {
    graph: ValueGraph;
    nodes: (...values: Value[]) => Int32Array;
    values: Record<"x" | "y" | "root" | "mean", Value>;
  } {
    const x = new Value(2);
    const mean = x.add(1).exp();
    const y = mean.mul(x);
    const root = y.add(mean).mul(0.5);
    const { graph, idOf } = flatten(root);
    return { graph, nodes: (...values) => Int32Array.from(values, idOf), values: { x, y, root, mean } };
  }

  test("none: everything is inside the root's box", () => {
    const { graph } = example();
    const folded = fold(graph, []);
    expect(linesOf(folded)).toEqual([`root loss () inside ${graph.size - 1} <- `]);
  });

  test("one for the root: no other is made", () => {
    const { graph, nodes, values } = example();
    const folded = fold(graph, [{ name: "answer", shape: [], nodes: nodes(values.root) }]);
    expect(linesOf(folded)).toEqual([`given answer () inside ${graph.size - 1} <- `]);
  });

  test("nodes read by two boxes become a box, or a list if they do not fit the first one's shape", () => {
    const { graph, nodes, values } = example();
    const folded = fold(graph, [
      { name: "x", shape: [2], nodes: nodes(values.x, new Value(0)) },
      { name: "y", shape: [], nodes: nodes(values.y) },
    ]);
    expect(linesOf(folded)).toEqual([
      "given x (2) inside 0 <- ",
      "shared y.input () inside 1 <- x",
      "given y () inside 0 <- x y.input",
      "root loss () inside 1 <- y.input y",
    ]);
    expect(boxNamed(folded, "x").members[1]).toBe(-1);
  });

  test("a node in two groups belongs to the first; the second reads it", () => {
    const { graph, nodes, values } = example();
    const folded = fold(graph, [
      { name: "y", shape: [1], nodes: nodes(values.y) },
      { name: "alias", shape: [1, 1], nodes: nodes(values.y) },
    ]);
    expect(linesOf(folded).slice(-2)).toEqual([
      "given alias (1, 1) inside 0 <- y",
      "root loss () inside 1 <- y.input y",
    ]);
  });

  test("out of computation order, or of a size that does not match their shape, are refused", () => {
    const { graph, nodes, values } = example();
    const [x, y] = [
      { name: "x", shape: [], nodes: nodes(values.x) },
      { name: "y", shape: [], nodes: nodes(values.y) },
    ];
    expect(() => fold(graph, [y, x])).toThrow(
      "fold: expected groups in the order of computation, got y before x, which it is computed from; put x first",
    );
    expect(() => fold(graph, [{ ...x, shape: [2, 3] }])).toThrow(
      "fold: expected 6 nodes for x (2, 3), got 1; pass one for each entry",
    );
  });
});
