/** The optimizers by name, and the choice for each parameter. To add one, write it and name it here. */

import { checkOneOf } from "../util/checks.ts";
import { type AdamSettings, adamW } from "./adamw.ts";
import { muon } from "./muon.ts";
import type { Optimizer, Treatment } from "./optimizer.ts";
import { sgd } from "./sgd.ts";

export interface OptimizerSettings extends AdamSettings {
  /** Default adamw. */
  readonly optimizer?: OptimizerName;
  /** 0 for none. */
  readonly weightDecay: number;
  /** Default true; false adds the decay to the gradient, as an L2 penalty does. */
  readonly decoupledWeightDecay?: boolean;
  /** For sgd. Default 0. */
  readonly momentum?: number;
  /** For muon. Default 0.95. */
  readonly muonMomentum?: number;
  /**
   * Muon's learning rate for the matrices, on the same schedule as `learningRate`, which the other parameters use.
   * Default 0.02.
   */
  readonly muonLr?: number;
  /** The highest of the schedule, to which muonLr is relative. Default muonLr. */
  readonly learningRate?: number;
}

/** The facts about a parameter for choosing its optimizer. */
export interface ParamKind {
  /** True if weight decay applies to it. */
  readonly decays: boolean;
  readonly group: "matrix" | "embedding" | "head" | "vector";
}

export const OPTIMIZERS = ["adamw", "sgd", "muon"] as const;
export type OptimizerName = (typeof OPTIMIZERS)[number];

type Choice = (settings: OptimizerSettings, kind: ParamKind) => Optimizer;

const choices: { readonly [N in OptimizerName]: Choice } = {
  adamw: adamW,
  sgd: ({ momentum = 0 }) => sgd({ momentum }),
  muon: (settings, { group }) => {
    if (group !== "matrix") return adamW(settings);
    const { muonMomentum = 0.95, muonLr = 0.02, learningRate = muonLr } = settings;
    return muon({ momentum: muonMomentum, rate: muonLr / learningRate });
  },
};

/** The update of a parameter. Errors: an unknown optimizer. */
export function treatmentOf(settings: OptimizerSettings, kind: ParamKind): Treatment {
  const { optimizer = "adamw", weightDecay, decoupledWeightDecay = true } = settings;
  checkOneOf("train", "optimizer", optimizer, OPTIMIZERS);
  return {
    optimizer: choices[optimizer](settings, kind),
    weightDecay: kind.decays ? weightDecay : 0,
    decoupled: decoupledWeightDecay,
  };
}
