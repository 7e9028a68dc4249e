/**
 * The output of `train` and `sample` in two forms: for people (text-report.ts) and, with --json, for programs
 * (json-report.ts).
 */

import type { DataMode, NoveltyReport, Pace, Remark, Run, StepRecord, Verdict } from "../../index.ts";
import type { EngineChoice } from "../engine-choice.ts";

/** The result of a run after its last step. */
export interface Summary {
  readonly run: Run;
  /** The losses of counting models on the validation data, for comparison. */
  readonly baseline?: string;
}

export interface Report {
  /** Before the first step. `notes` say how the run was chosen, `engine` where it is computed. */
  begin(run: Run, notes: readonly Remark[], engine: EngineChoice): void;
  /** The first steps have shown how many threads are fastest. */
  pace(pace: Pace): void;
  /** With --dry_run, instead of the steps. */
  plan(lines: readonly string[]): void;
  step(record: StepRecord, run: Run): void;
  /** Work that delays the run between two steps: `evaluating 3 / 20`. */
  doing(what: string): void;
  /** A text sampled after a step, to show the progress. */
  progressSample(step: number, text: string): void;
  verdict(verdict: Verdict): void;
  /** A problem that does not stop the run. */
  warning(text: string): void;
  /** Ctrl-C was pressed once. */
  stopping(): void;
  /** After the last step, or the step at which the run was stopped. */
  trained(summary: Summary): void;
  saved(path: string): void;
  /** `pieces` are drawn from the model on demand. Default of `mode`: documents. */
  sample(index: number, pieces: Iterable<string>, mode?: DataMode): Promise<void>;
  /** After the samples. @param asked true if requested explicitly, so that --quiet does not omit it */
  novelty(report: NoveltyReport, asked: boolean): void;
  /** At the end: commands to type next. */
  next(commands: readonly string[]): void;
}

/** Number of documents whose tokens are counted; of more, an even sample represents all. */
const MOST_COUNTED = 10_000;

/** The documents that do not fit into the context, with the token that ends them. */
export interface TooLong {
  readonly count: number;
  /** True if not all of them were counted. */
  readonly estimated: boolean;
  /** The blockSize that fits the longest. */
  readonly blockSize: number;
}

export function tooLong({ data, model }: Run): TooLong {
  const { blockSize } = model.config;
  if (data.mode === "stream") return { count: 0, estimated: false, blockSize };
  const { train, tokenizer } = data;
  const isCharacters = tokenizer.toJSON().type === "character";
  // A UTF-16 unit is at most one token, or three bytes.
  const doubtful = train.filter((doc) => (isCharacters ? 1 : 3) * doc.length + 1 > blockSize);
  const every = isCharacters ? 1 : Math.ceil(doubtful.length / MOST_COUNTED);
  const lengths = doubtful
    .filter((_, i) => i % every === 0)
    .map((doc) => (isCharacters ? [...doc].length : tokenizer.encode(doc).length) + 1);
  const count = every * lengths.filter((length) => length > blockSize).length;
  return { count, estimated: every > 1, blockSize: lengths.reduce((most, length) => Math.max(most, length), 0) };
}
