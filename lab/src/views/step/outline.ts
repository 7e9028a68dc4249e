/** The boxes of a training step as nested groups to unfold: layers, in them attention and the MLP, in those tensors. */

import type { StepBox } from "../../worker/step/step.ts";

/** A tensor by its number, or a group of them. */
export type Part = TensorPart | GroupPart;

export interface TensorPart {
  readonly kind: "tensor";
  readonly name: string;
  readonly box: number;
}

export interface GroupPart {
  readonly kind: "group";
  /** `embedding`, `layer0`, `layer0.attention`, `layer0.mlp_block`, `output`. */
  readonly name: string;
  readonly parts: readonly Part[];
}

/** In the order of computation, as far as groups allow. */
export function outlineOf(boxes: readonly StepBox[]): Part[] {
  const top: Part[] = [];
  boxes.forEach(({ name }, box) => {
    let parts = top;
    let path = "";
    for (const group of groupsOf(name)) {
      path = path === "" ? group : `${path}.${group}`;
      parts = partsIn(parts, path);
    }
    parts.push({ kind: "tensor", name, box });
  });
  return sorted(top);
}

/** The numbers of all boxes of a part. */
export function boxesIn(part: Part): number[] {
  return part.kind === "tensor" ? [part.box] : part.parts.flatMap(boxesIn);
}

/** The groups that must be open for a box to be seen, outermost first. */
export function groupsAround(parts: readonly Part[], box: number): string[] {
  for (const part of parts) {
    if (part.kind === "group" && boxesIn(part).includes(box)) return [part.name, ...groupsAround(part.parts, box)];
  }
  return [];
}

/** The visible tensors and closed groups, in forward order. */
export function visibleIn(parts: readonly Part[], open: ReadonlySet<string>): Part[] {
  return parts
    .flatMap((part) => (part.kind === "group" && open.has(part.name) ? visibleIn(part.parts, open) : [part]))
    .sort((x, y) => lastBox(x) - lastBox(y));
}

/** Number of scalars in a part. */
export function scalarsOf(part: Part, boxes: readonly StepBox[]): number {
  return boxesIn(part).reduce((sum, box) => sum + (boxes[box]?.scalars ?? 0), 0);
}

/** The output of a part: its last tensor. */
export function resultOf(part: Part): number {
  return lastBox(part);
}

function lastBox(part: Part): number {
  return Math.max(...boxesIn(part));
}

// A tensor shared inside another's box is named `.input` and belongs to the same group.
function groupsOf(name: string): string[] {
  const [, layer, tensor = name] = /^(layer\d+)\.(.*)$/.exec(name) ?? [];
  const base = tensor.replace(/(\.input)+$/, "");
  if (layer !== undefined) return [layer, MLP.has(base) ? "mlp_block" : "attention"];
  if (["wte", "wpe", "embedding"].includes(base)) return ["embedding"];
  return ["lm_head", "logits"].includes(base) ? ["output"] : [];
}

const MLP: ReadonlySet<string> = new Set(["mlp_norm", "mlp_fc1", "hidden", "mlp_fc2", "mlp"]);

function partsIn(parts: Part[], name: string): Part[] {
  for (const part of parts) if (part.kind === "group" && part.name === name) return part.parts as Part[];
  const fresh: Part[] = [];
  parts.push({ kind: "group", name, parts: fresh });
  return fresh;
}

// Weights come before all other boxes, which would order the groups by their weights.
function sorted(parts: readonly Part[]): Part[] {
  return parts
    .map((part) => (part.kind === "group" ? { ...part, parts: sorted(part.parts) } : part))
    .sort((x, y) => lastBox(x) - lastBox(y));
}
