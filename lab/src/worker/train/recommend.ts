/** Default settings for data: those tested on it, or the library's recipe. */

import {
  type Corpus,
  dataFacts,
  type EngineName,
  estimateStepSeconds,
  type Preset,
  presets,
  recipeFor,
  type SizeName,
  tokenize,
} from "microgpt";
import { dataSets } from "../../data/data-sets.ts";
import { dataSetId } from "../../data/ids.ts";
import { type DataChoice, VAL_FRACTION } from "../../settings.ts";

/** Approximate training time: as long as a class can watch. */
const SECONDS = 25;
/** The readable engine takes about 450 times as long. */
const SCALAR_FACTOR = 450;
/** Number of evaluations in a run on a data set of the lab, and of batches in each. */
const EVALUATIONS = 20;
const EVAL_ITERS = 20;

/** Settings for a size, or for the one that suits data and time best. Errors: data without variety. */
export function recommend(data: DataChoice, corpus: Corpus, engine: EngineName, size?: SizeName): Preset {
  const id = data.text === undefined ? dataSetId(data.name) : undefined;
  if (id !== undefined && size === undefined && engine === "wasm") {
    const { model, training } = dataSets[id].recommended;
    const all = { ...presets.microgpt.training, evalIters: EVAL_ITERS, ...training };
    const evalInterval = Math.ceil(all.numSteps / EVALUATIONS);
    return { model: { ...presets.microgpt.model, ...model }, training: { ...all, evalInterval } };
  }
  const facts = dataFacts(tokenize(corpus, { valFraction: VAL_FRACTION }));
  // On the readable engine, the smallest model without batches still learns a little.
  const readable = engine === "scalar";
  const chosen = readable ? "tiny" : size;
  const factor = readable ? SCALAR_FACTOR : 1;
  return recipeFor(facts, SECONDS, (config, tokens) => factor * estimateStepSeconds(config, tokens), {
    ...(chosen !== undefined && { size: chosen }),
    // Runs continue to their end here, so that overfitting can be watched.
    training: { patience: 0, ...(readable && { batchSize: 1 }) },
  });
}
