/** For the tests of sweeps: a `train` with a few flags, and simulated training. */

import { writeFileSync } from "node:fs";
import { Command } from "commander";
import { encodeCheckpoint, startRun } from "../../index.ts";
import { MetricsFile, metricsPath } from "../../node.ts";
import type { StartTraining, TrainingEnd } from "./process.ts";

export const train: Command = new Command("train")
  .argument("[file]")
  .option("--preset <name>", "of the sizes")
  .option("--learning_rate <x>", "at the first step")
  .option("--n_embd <n>", "channels")
  .option("--threads <n>", "of the engine")
  .option("--strict", "alike everywhere")
  .option("--label <text>", "what it is called")
  .option("--out <model>", "where");

/** Steps of a finished run. */
export const STEPS = 10;

/** Simulated training that writes train's files at once. It is best at a learning rate of 0.01, and fails at 1. */
export function madeUp(calls: string[][], interruptAt: number = Infinity): StartTraining {
  return (words) => {
    calls.push([...words]);
    const interrupted = calls.length === interruptAt;
    return { ended: pretendToTrain(words, interrupted ? 4 : STEPS), stop: () => undefined };
  };
}

/** Writes what `train` would write up to a step. */
export async function pretendToTrain(words: readonly string[], to: number): Promise<TrainingEnd> {
  const flag = (name: string): string | undefined => words.find((word) => word.startsWith(`--${name}=`))?.split("=")[1];
  const out = flag("out") ?? "";
  if (flag("learning_rate") === "1") return { exitCode: 1, error: { code: "diverged", message: "train: diverged" } };
  const training = startRun(
    { name: "x", docs: ["ab"] },
    { model: { nEmbd: 4, nHead: 1 }, training: { numSteps: STEPS } },
  );
  const settings = { ...training.progress.settings, numSteps: STEPS };
  const from = flag("resume") === undefined ? 0 : 4;
  const metrics = await MetricsFile.open(
    metricsPath(out),
    { data: "x", numParams: 1, config: {}, settings },
    { from, logInterval: 1 },
  );
  const distance = Math.abs(Math.log10(Number(flag("learning_rate") ?? 0.01) / 0.01));
  for (let step = 1; step <= to; step++) {
    training.progress.losses.push(3);
    const valLoss = step % 5 === 0 ? { valLoss: 2 + distance } : {};
    if (step > from) metrics.step({ step, loss: 3 - step / 100, gradNorm: 1, learningRate: 1, tokens: 1, ...valLoss });
  }
  metrics.end(to === STEPS ? "done" : "interrupted");
  writeFileSync(out, encodeCheckpoint(training));
  return { exitCode: 0 };
}
