/** For tests: the boxes of a small model's step. */

import type { GPTConfig } from "microgpt";
import { type StepBox, stepAPI } from "../../worker/step/step.ts";
import { checkpointOf } from "../../worker/step/testing.ts";

export function stepBoxes(changes: Partial<GPTConfig> = {}): readonly StepBox[] {
  return stepAPI({ checkpoint: checkpointOf(changes) }).build("abcd").boxes;
}
