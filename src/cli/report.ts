/** What `train` and `sample` say, in two forms: for people (text-report.ts) and, with --json, for programs (json-report.ts). */

import type { DataMode, NoveltyReport, Run, StepRecord, Verdict } from "../index.ts";

/** What is known of a run after its last step. */
export interface Summary {
  readonly run: Run;
  /** What counting models reach on the validation data, beside this one. */
  readonly baseline?: string;
}

export interface Report {
  /** Before the first step. `notes` say how the run was chosen. */
  begin(run: Run, notes: readonly string[]): void;
  /** With --dry_run, in place of the steps. */
  plan(lines: readonly string[]): void;
  step(record: StepRecord, run: Run): void;
  /** What holds the run up between two steps: `evaluating 3 / 20`. */
  doing(what: string): void;
  /** A text that was drawn after a step, to see how the model comes on. */
  progressSample(step: number, text: string): void;
  verdict(verdict: Verdict): void;
  /** Something that went wrong and does not stop the run. */
  warning(text: string): void;
  /** Ctrl-C was pressed once. */
  stopping(): void;
  /** After the last step, or the one at which the run was stopped. */
  trained(summary: Summary): void;
  saved(path: string): void;
  /** `pieces` are drawn from the model as they are asked for. Default of `mode`: documents. */
  sample(index: number, pieces: Iterable<string>, mode?: DataMode): Promise<void>;
  /** After the samples. @param asked whether it was asked for: --quiet does not leave it out then */
  novelty(report: NoveltyReport, asked: boolean): void;
  /** At the end: commands to type next. */
  next(commands: readonly string[]): void;
}

/** How many documents the context cannot hold, with the token that ends them, and the blockSize that could. */
export function tooLong({ data, model }: Run): { count: number; blockSize: number } {
  if (data.mode === "stream" || data.tokenizer.toJSON().type !== "character") return { count: 0, blockSize: 0 };
  const lengths = data.train.map((doc) => [...doc].length + 1);
  const count = lengths.filter((length) => length > model.config.blockSize).length;
  return { count, blockSize: lengths.reduce((most, length) => Math.max(most, length), 0) };
}
