/** A run for the tests of its metrics. */

import type { StepMetrics } from "./metrics-file.ts";

export const RUN = {
  label: "wide",
  data: "names.txt",
  numParams: 4192,
  config: { nEmbd: 16 },
  settings: { numSteps: 20 },
};

/** A step with distinctive numbers. */
export function metricsOf(step: number, evalInterval: number = Infinity): StepMetrics {
  const valLoss = step % evalInterval === 0 ? { valLoss: 3 - step / 100 } : {};
  return { step, loss: 2 + Math.sin(step), gradNorm: step / 3, learningRate: 0.01 / step, tokens: step, ...valLoss };
}
