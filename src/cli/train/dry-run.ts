/** The output of `train --dry-run`: the plan, and its cost. */

import {
  countParams,
  type EngineOptions,
  maxRowsOf,
  planStep,
  type Run,
  stepSize,
  trainTokensOf,
} from "../../index.ts";
import { count } from "../../util/count.ts";
import { bytes, duration } from "../terminal/figures.ts";
import { secondsPerStep } from "./step-clock.ts";

export async function describePlan(run: Run, options: EngineOptions): Promise<string[]> {
  const { model, data, progress } = run;
  const { settings } = progress;
  const { config } = model;
  const seconds = await secondsPerStep(run, options);
  const perSequence = data.mode === "documents" ? trainTokensOf(data) / data.train.length : run.sequences.longest;
  const tokens = settings.numSteps * stepSize(settings) * Math.min(perSequence, config.blockSize);
  const memory =
    model.engine === "scalar" ? "" : bytes(planStep(config, { ...settings, maxRows: maxRowsOf(run) }).memoryBytes);
  const passes = (tokens / trainTokensOf(data)).toPrecision(2);
  return [
    `parameters: ${count(countParams(config))} (${config.nLayer} layers, ${config.nHead} heads, ${config.nEmbd} channels, context ${config.blockSize})`,
    `steps: ${count(settings.numSteps)} of ${count(stepSize(settings))} ${data.mode === "documents" ? "documents" : "windows"}`,
    `tokens: ${count(Math.round(tokens))} to train on, ${passes} passes over the data`,
    ...(memory === "" ? [] : [`memory: ${memory} for the model and a step`]),
    `time: about ${duration(seconds * settings.numSteps)} (${(seconds * 1000).toPrecision(3)} ms a step, measured)`,
    "dry run: nothing was trained or saved",
  ];
}
