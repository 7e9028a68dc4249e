import type { Shape } from "../util/shape.ts";

/** How optimizers are to treat a parameter. */
export function paramKind(
  name: string,
  shape: Shape,
): { readonly decays: boolean; readonly group: "matrix" | "embedding" | "head" | "vector" } {
  if (shape.length < 2) return { decays: false, group: "vector" };
  const group = name === "lm_head" ? "head" : name.startsWith("w") ? "embedding" : "matrix";
  return { decays: true, group };
}
