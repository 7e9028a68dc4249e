import type { LabSettings } from "../settings.ts";

/** What the lab trains before anyone has chosen: names, at a size that is worth watching for half a minute. */
export const defaultSettings: LabSettings = {
  data: { name: "names" },
  model: {},
  training: { numSteps: 20_000, evalInterval: 500, evalIters: 200 },
  engine: "wasm",
};
