/** What `train --dry-run` says: what would be trained, and what that would take. */

import { countParams, GPT, maxRowsOf, planStep, type Run, stepSize, trainTokensOf } from "../index.ts";
import { bytes, count, duration } from "./figures.ts";

/** Steps that are taken to see how long one takes; the first ones are slow. */
const WARM_UP = 3;
const TIMED_MS = 500;

export async function describePlan(run: Run): Promise<string[]> {
  const { model, data, progress } = run;
  const { settings } = progress;
  const { config } = model;
  const seconds = await secondsPerStep(run);
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

/** Of a copy, so that the run stays at its beginning. */
async function secondsPerStep({ model, sequences, progress, ...rest }: Run): Promise<number> {
  const { settings } = progress;
  const copy = new GPT(model.state(), { engine: model.engine });
  const maxRows = maxRowsOf({ model, sequences, progress, ...rest });
  const trainer = await copy.trainer({ ...settings, steps: 0, maxRows });
  const size = stepSize(settings);
  const step = (i: number): void => {
    const batch = Array.from({ length: size }, (_, j) => sequences.at(i * size + j));
    trainer.step(batch, settings.learningRate);
  };
  for (let i = 0; i < WARM_UP; i++) step(i);
  const begin = performance.now();
  let steps = 0;
  while (steps < 3 || performance.now() - begin < TIMED_MS) step(WARM_UP + steps++);
  copy.dispose();
  return (performance.now() - begin) / 1000 / steps;
}
