/**
 * The records of a run, in `model.metrics.jsonl` beside its model: one JSON object a line, in chronological order. The
 * first line describes the run, and the last one says how it ended:
 *
 * ```json
 * {"type":"run","version":1,"label":"wide","data":"names.txt","startedAt":"2026-01-31T12:00:00.000Z","pid":4711,"processStart":"8675309","numParams":4192,"config":{...},"settings":{...}}
 * {"type":"step","step":10,"loss":2.91,"valLoss":2.84,"learningRate":0.0099,"gradNorm":0.71,"tokens":712,"tokensPerSecond":81000,"elapsed":0.0088}
 * {"type":"sample","step":10,"text":"karian"} {"type":"verdict","step":10,"kind":"overfitting","text":"..."}
 * {"type":"end","step":1000,"reason":"done"} ```
 *
 * A step line covers all steps since the previous one: `loss` and `gradNorm` are their means, since single batches are
 * noisy and a long run would make a long file; `valLoss` and `learningRate` are those of its last step.
 */

/** The version of this format. A reader refuses later ones. */
export const METRICS_VERSION = 1;

/** The first line: the run. */
export interface RunLine {
  /** The user's name for the run. */
  readonly label?: string;
  /** The name of the data: a path or a data set. */
  readonly data: string;
  /** Start of the first step, in ISO 8601. Resuming does not change it. */
  readonly startedAt: string;
  /** The process that writes, or wrote. If it is alive, the run is still training; if not, it was killed. */
  readonly pid: number;
  /**
   * The start time of that process in its system's format, since a later process may have the same id. Absent before
   * 0.5.
   */
  readonly processStart?: string;
  readonly numParams: number;
  /** The GPTConfig. */
  readonly config: object;
  /** The TrainingSettings; readers need only the number of steps. */
  readonly settings: { readonly numSteps: number };
}

/** The steps since the previous line. */
export interface StepLine {
  /** The last of these steps; 1 after the first step. */
  readonly step: number;
  /** Mean loss of these steps, in nats per token. */
  readonly loss: number;
  /** Validation loss after `step`, in nats per token, if it was evaluated. */
  readonly valLoss?: number;
  /** The learning rate at `step`. */
  readonly learningRate: number;
  /** Mean gradient norm before clipping. */
  readonly gradNorm: number;
  /** Tokens the run has trained on so far. */
  readonly tokens: number;
  /** Speed in these steps, without evaluation, samples and saving. */
  readonly tokensPerSecond: number;
  /** Seconds since the start of the run, without the time in which it was stopped. */
  readonly elapsed: number;
}

/** A text sampled from the model after `step`. */
export interface SampleLine {
  readonly step: number;
  readonly text: string;
}

/** A finding about the training after `step`. */
export interface VerdictLine {
  readonly step: number;
  /** A word for programs, such as `overfitting`. */
  readonly kind: string;
  /** The finding in plain words. */
  readonly text: string;
}

export const END_REASONS = ["done", "early stopping", "interrupted", "failed"] as const;

export interface EndLine {
  readonly step: number;
  readonly reason: (typeof END_REASONS)[number];
  /** The error, if it failed. */
  readonly message?: string;
}

/** A complete file. */
export interface RunMetrics {
  readonly run: RunLine;
  readonly steps: readonly StepLine[];
  readonly samples: readonly SampleLine[];
  readonly verdicts: readonly VerdictLine[];
  /** Undefined while the run is training, or if it was killed. */
  readonly end?: EndLine;
}

export type FirstLine = { readonly type: "run" } & RunLine;
export type LaterLine =
  | ({ readonly type: "step" } & StepLine)
  | ({ readonly type: "sample" } & SampleLine)
  | ({ readonly type: "verdict" } & VerdictLine)
  | ({ readonly type: "end" } & EndLine);
export type MetricsLine = FirstLine | LaterLine;

/** The line as written, with its line end. JSON has no NaN: it becomes null. */
export function printLine(line: MetricsLine): string {
  if (line.type !== "run") return `${JSON.stringify(line)}\n`;
  const { type, ...rest } = line;
  return `${JSON.stringify({ type, version: METRICS_VERSION, ...rest })}\n`;
}
