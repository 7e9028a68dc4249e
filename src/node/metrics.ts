/**
 * What a run says of itself on its way, in `model.metrics.jsonl` beside its model: one JSON object a line, in the order
 * in which it happened. The first line is the run, a last one says how it ended:
 *
 * ```json
 * {"type":"run","version":1,"label":"wide","data":"names.txt","startedAt":"2026-01-31T12:00:00.000Z","pid":4711,"processStart":"8675309","numParams":4192,"config":{...},"settings":{...}}
 * {"type":"step","step":10,"loss":2.91,"valLoss":2.84,"learningRate":0.0099,"gradNorm":0.71,"tokens":712,"tokensPerSecond":81000,"elapsed":0.0088}
 * {"type":"sample","step":10,"text":"karian"}
 * {"type":"verdict","step":10,"kind":"overfitting","text":"..."}
 * {"type":"end","step":1000,"reason":"done"}
 * ```
 *
 * A step line speaks of all steps since the one before it: `loss` and `gradNorm` are their means, since single batches
 * are noisy and a long run would make a long file; `valLoss` and `learningRate` are those of its step.
 */

/** The form of these lines. A reader refuses a later one. */
export const METRICS_VERSION = 1;

/** What began. */
export interface RunLine {
  /** What the user calls the run. */
  readonly label?: string;
  /** The name of the data: a path, or that of a data set. */
  readonly data: string;
  /** When the first step was taken, in ISO 8601, however often the run was taken up again. */
  readonly startedAt: string;
  /** Of the process that writes, or wrote: whether it lives tells a run that goes on from one that was killed. */
  readonly pid: number;
  /** When that process began, in its system's form: a later one may have its number. Absent before 0.5. */
  readonly processStart?: string;
  readonly numParams: number;
  /** The GPTConfig. */
  readonly config: object;
  /** The TrainingSettings, of which readers need the number of steps. */
  readonly settings: { readonly numSteps: number };
}

/** The steps since the line before. */
export interface StepLine {
  /** The last of them, 1 after the first step. */
  readonly step: number;
  /** Mean loss of these steps, in nats a token. */
  readonly loss: number;
  /** Of the validation set after `step`, in nats a token, where it was evaluated. */
  readonly valLoss?: number;
  /** At `step`. */
  readonly learningRate: number;
  /** Mean length of the gradient before clipping. */
  readonly gradNorm: number;
  /** Tokens that the run has trained on up to here. */
  readonly tokens: number;
  /** Of these steps, without the time for evaluation, samples and saving. */
  readonly tokensPerSecond: number;
  /** Seconds of the run up to here, all included but the time in which it was stopped. */
  readonly elapsed: number;
}

/** A text drawn from the model after `step`. */
export interface SampleLine {
  readonly step: number;
  readonly text: string;
}

/** What training has found to say about itself after `step`. */
export interface VerdictLine {
  readonly step: number;
  /** `overfitting` and the like. */
  readonly kind: string;
  /** In plain words. */
  readonly text: string;
}

export const END_REASONS = ["done", "early stopping", "interrupted", "failed"] as const;

export interface EndLine {
  readonly step: number;
  readonly reason: (typeof END_REASONS)[number];
  /** What went wrong, if it failed. */
  readonly message?: string;
}

/** A whole file. */
export interface RunMetrics {
  readonly run: RunLine;
  readonly steps: readonly StepLine[];
  readonly samples: readonly SampleLine[];
  readonly verdicts: readonly VerdictLine[];
  /** undefined while the run goes on, or if it was killed. */
  readonly end?: EndLine;
}

export type FirstLine = { readonly type: "run" } & RunLine;
export type LaterLine =
  | ({ readonly type: "step" } & StepLine)
  | ({ readonly type: "sample" } & SampleLine)
  | ({ readonly type: "verdict" } & VerdictLine)
  | ({ readonly type: "end" } & EndLine);
export type MetricsLine = FirstLine | LaterLine;

/** The line as it is written, with its line end. JSON has no NaN: it becomes null. */
export function printLine(line: MetricsLine): string {
  if (line.type !== "run") return `${JSON.stringify(line)}\n`;
  const { type, ...rest } = line;
  return `${JSON.stringify({ type, version: METRICS_VERSION, ...rest })}\n`;
}
