/** What `train` and `sample` say, in two forms: for people (text-report.ts) and, with --json, for programs (json-report.ts). */

import type { DataMode, NoveltyReport, Run, StepRecord, Verdict } from "../../index.ts";

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

/** Documents whose tokens are counted: of more, an even share stands for all. */
const MOST_COUNTED = 10_000;

/** The documents that the context cannot hold, with the token that ends them. */
export interface TooLong {
  readonly count: number;
  /** True if not all of them were counted. */
  readonly estimated: boolean;
  /** The blockSize that could hold the longest. */
  readonly blockSize: number;
}

export function tooLong({ data, model }: Run): TooLong {
  const { blockSize } = model.config;
  if (data.mode === "stream") return { count: 0, estimated: false, blockSize };
  const { train, tokenizer } = data;
  const isCharacters = tokenizer.toJSON().type === "character";
  // A UTF-16 unit is a token at most, or three bytes.
  const doubtful = train.filter((doc) => (isCharacters ? 1 : 3) * doc.length + 1 > blockSize);
  const every = isCharacters ? 1 : Math.ceil(doubtful.length / MOST_COUNTED);
  const lengths = doubtful
    .filter((_, i) => i % every === 0)
    .map((doc) => (isCharacters ? [...doc].length : tokenizer.encode(doc).length) + 1);
  const count = every * lengths.filter((length) => length > blockSize).length;
  return { count, estimated: every > 1, blockSize: lengths.reduce((most, length) => Math.max(most, length), 0) };
}
