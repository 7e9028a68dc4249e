import { describe, expect, test } from "vitest";
import { boxesIn, groupsAround, outlineOf, type Part, scalarsOf, visibleIn } from "./outline.ts";
import { stepBoxes } from "./step-testing.ts";

const boxes = stepBoxes();
const outline = outlineOf(boxes);
const names = (parts: readonly Part[]): string[] => parts.map(({ name }) => name);
const show = (part: Part): string =>
  part.kind === "tensor" ? part.name : `${part.name}(${part.parts.map(show).join(" ")})`;

describe("the groups of a step", () => {
  test("of one layer, in the order of computation", () => {
    expect(outline.map(show)).toEqual([
      "embedding(wte wpe embedding)",
      "layer0(layer0.attention(layer0.attn_wq layer0.attn_wk layer0.attn_wv layer0.attn_wo layer0.attn_norm layer0.q layer0.k layer0.v layer0.heads layer0.attn) layer0.mlp_block(layer0.mlp_fc1 layer0.mlp_fc2 layer0.mlp_norm layer0.hidden layer0.mlp))",
      "output(lm_head logits)",
      "losses",
      "loss",
    ]);
  });

  test("of three layers: each box is in one place", () => {
    const three = stepBoxes({ nLayer: 3 });
    const parts = outlineOf(three);
    expect(names(parts)).toEqual(["embedding", "layer0", "layer1", "layer2", "output", "losses", "loss"]);
    expect(parts.flatMap(boxesIn).sort((x, y) => x - y)).toEqual(three.map((_, box) => box));
  });

  test("a shared tensor is in the group where it was found", () => {
    const [loss, ...others] = [...boxes].reverse();
    if (loss === undefined) throw new Error("no boxes");
    const input = { ...loss, name: "layer0.mlp_norm.input" };
    const parts = outlineOf([...others.reverse(), input, loss]);
    expect(groupsAround(parts, boxes.length - 1)).toEqual(["layer0", "layer0.mlp_block"]);
  });
});

describe("the visible parts", () => {
  test("folded, the five top groups", () => {
    expect(names(visibleIn(outline, new Set()))).toEqual(["embedding", "layer0", "output", "losses", "loss"]);
  });

  test("an open group inside a closed one is hidden", () => {
    expect(visibleIn(outline, new Set(["layer0.attention"]))).toHaveLength(5);
  });

  test("unfolded, in forward order", () => {
    const shown = names(visibleIn(outline, new Set(["layer0", "layer0.mlp_block", "output"])));
    expect(shown.filter((name) => !/mlp_fc|lm_head/.test(name))).toEqual([
      "embedding",
      "layer0.attention",
      "layer0.mlp_norm",
      "layer0.hidden",
      "layer0.mlp",
      "logits",
      "losses",
      "loss",
    ]);
  });

  test("every scalar is counted once", () => {
    const all = outline.reduce((sum, part) => sum + scalarsOf(part, boxes), 0);
    expect(all).toBe(boxes.reduce((sum, { scalars }) => sum + scalars, 0));
  });
});
