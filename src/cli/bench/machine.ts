/** The machine that a figure was measured on. */

import { availableParallelism, cpus, totalmem } from "node:os";
import { planStep, presets } from "../../index.ts";

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly node: string;
  readonly v8: string;
  readonly platform: string;
  readonly simd: "relaxed" | "strict";
}

export function describeMachine(strict: boolean): Machine {
  const { model, training } = presets.microgpt;
  const { relaxed } = planStep({ ...model, vocabSize: 2 }, { ...training, maxRows: 1 }, { strict });
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown CPU",
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.versions.node,
    v8: process.versions.v8,
    platform: `${process.platform} ${process.arch}`,
    simd: relaxed ? "relaxed" : "strict",
  };
}

export function machineLine({ cpu, cores, memoryGiB, node, v8, platform, simd }: Machine): string {
  return `${cpu}, ${cores} cores, ${memoryGiB} GiB; Node ${node}, V8 ${v8}, ${platform}; ${simd} SIMD`;
}
