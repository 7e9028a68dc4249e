import type { GPTConfig } from "../model/config.ts";
import { paramTable } from "../model/params.ts";
import { type OptimizerSettings, treatmentOf } from "../optim/optimizers.ts";
import type { Shape } from "../util/shape.ts";

/** A slot of a parameter, as a tensor of a checkpoint. */
export interface SlotTensor {
  /** `adam.m.wte` of AdamW, else `optimizer.momentum.wte`. */
  readonly name: string;
  readonly slot: string;
  readonly param: string;
  readonly shape: Shape;
}

/** The slots that a run keeps, in their order in the file. */
export function slotTensors(config: GPTConfig, settings: OptimizerSettings): SlotTensor[] {
  const tensors = paramTable(config).flatMap((row) => {
    const { name: param, shape } = row;
    const { name, slots } = treatmentOf(settings, row).optimizer;
    const prefix = name === "adamw" ? "adam" : "optimizer";
    return slots.map((slot) => ({ name: `${prefix}.${slot}.${param}`, slot, param, shape }));
  });
  const order = [...new Set(tensors.map(({ slot }) => slot))];
  return order.flatMap((slot) => tensors.filter((tensor) => tensor.slot === slot));
}
