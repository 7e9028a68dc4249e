/** The weights as the inputs of a decoding program (decode-graph.ts). */

import type { GPTConfig } from "../model/config.ts";
import { narrowed, type WeightFormat } from "../model/narrow.ts";
import { namedParams } from "../model/params.ts";
import type { Weights } from "./engine.ts";
import { inferenceVectors, NARROW, rowsBefore, SCALES } from "./layout.ts";

/** Numbers by the name of their input. */
export type WeightInputs = ReadonlyMap<string, Float32Array>;

/** The inputs for weights in a format. */
export function weightsIn(config: GPTConfig, weights: Weights, format: WeightFormat): WeightInputs {
  const numbers = new Map(namedParams(weights));
  const inputs = new Map<string, Float32Array>();
  for (const vector of inferenceVectors(config, format)) {
    const all = new Float32Array(vector.size);
    const scales: number[] = [];
    for (const part of vector.parts) {
      const own = numbers.get(part.name) ?? new Float32Array();
      const { numbers: cells, scales: rows = [] } =
        format === "f32" || vector.suffix !== NARROW ? { numbers: own } : narrowed(format, own, part.shape[0] ?? 1);
      all.set(cells, part.start);
      const first = rowsBefore(vector, part);
      rows.forEach((scale, row) => {
        scales[first + row] = scale;
      });
    }
    inputs.set(`weights${vector.suffix}`, all);
    if (scales.length > 0) inputs.set(SCALES, Float32Array.from(scales));
  }
  return inputs;
}
