/** The fields of a checkpoint besides the weights. The settings of a run have a table of their own, in settings.ts. */

import { DATA_MODES } from "../data/corpus.ts";
import { TEXT_SPLITS } from "../data/split-texts.ts";
import { type Architecture, MODEL_SETTINGS } from "../model/config.ts";
import { type ErrorCode, mistake, show } from "../util/errors.ts";
import type { Fields } from "../util/setting.ts";
import type { Words } from "../util/words.ts";
import type { DataFingerprint } from "./training-data.ts";

export const FORMAT = "microgpt";
export const VERSION = "1";

/** The fields of the config. */
export const CONFIG: Fields<Architecture> = { vocabSize: { kind: "whole", min: 2 }, ...MODEL_SETTINGS };

export const DATA: Fields<DataFingerprint> = {
  name: { kind: "text" },
  numDocs: { kind: "whole", min: 0 },
  crc32: { kind: "text" },
  mode: { kind: "word", words: DATA_MODES, default: "documents", since: "0.3" },
  valFraction: { kind: "from", from: 0, below: 1, default: 0, since: "0.3" },
  split: { kind: "word", words: TEXT_SPLITS, since: "0.5" },
};

export const RANDOM: readonly string[] = ["words", "index", "gaussNext"];

export const LOSSES = "history.loss";
/** Absent before the first evaluation. */
export const EVALUATIONS = { steps: "history.val_step", losses: "history.val_loss" } as const;

/** Errors: a number that is not finite. */
export function checkFinite(
  operation: string,
  name: string,
  data: Float64Array | Float32Array,
  code: ErrorCode,
  fix: Words,
): void {
  const at = data.findIndex((x) => !Number.isFinite(x));
  if (at === -1) return;
  throw mistake(code, operation, `finite numbers in tensor ${show(name)}`, `${data[at]} at entry ${at}`, fix);
}
