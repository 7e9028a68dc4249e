import { rm, stat } from "node:fs/promises";
import type { MicrogptError } from "../util/errors.ts";
import { AppendFile } from "./append-file.ts";
import { followLink, removeAbandoned } from "./atomic-write.ts";
import { EventFile } from "./event-file.ts";
import { type EndLine, type LaterLine, type MetricsLine, printLine, type RunLine, type StepLine } from "./metrics.ts";
import { thisProcess } from "./process-id.ts";
import { linesBefore } from "./read-metrics.ts";

/** Most step lines that a run writes if nobody says otherwise. */
const MOST_LINES = 500;

const UTF8 = new TextEncoder();

/** A line waits no longer than this to be written, in milliseconds, so that others can watch a run. */
const FLUSH_MS = 1000;

export interface MetricsFileOptions {
  /** The step after which the run goes on; what the file says of later ones is dropped. Default: 0, a new run. */
  readonly from?: number;
  /** When the first step began, by performance.now(). Default: now. */
  readonly begun?: number;
  /** Where the run's metrics were until now, if it goes on under another name. Default: the path itself. */
  readonly continues?: string;
  /** The losses of the run's steps so far, by which metrics of another run are told from its own. Default: not asked. */
  readonly losses?: readonly number[];
  /** Steps that make one line. Default: `defaultLogInterval`. */
  readonly logInterval?: number;
  /** A folder in which to write TensorBoard events too. */
  readonly tensorboard?: string;
  /** Called once, at the first thing that could not be written. Training is not to end for that. */
  readonly onError?: (error: MicrogptError) => void;
}

/** What training knows after a step. */
export interface StepMetrics extends Pick<StepLine, "step" | "loss" | "gradNorm" | "learningRate" | "valLoss"> {
  /** Tokens of this step. */
  readonly tokens: number;
}

/** What the writer adds to a RunLine by itself. */
export type RunDescription = Omit<RunLine, "startedAt" | "pid" | "processStart">;

/**
 * Writes a run's metrics (metrics.ts) as it trains. A step costs an addition or two; a line is made every `logInterval`
 * steps, and for each evaluation, `flush` and end.
 *
 * To be called in this order: `step` after each step; `sample` and `verdict` as they come; `flush` before a checkpoint is
 * saved, so that the file is never behind a checkpoint that can be resumed; `end` at last. A run that is killed and
 * resumed from its last checkpoint then has the lines of one that never was.
 */
export class MetricsFile {
  /** The kinds of the verdicts that stand in the file already. */
  readonly verdictKinds: ReadonlySet<string>;
  readonly #file: AppendFile;
  readonly #events: EventFile | undefined;
  readonly #logInterval: number;
  readonly #elapsedBefore: number;
  readonly #begun: number;
  #step: number;
  #tokens: number;
  /** Since the last line: */
  #steps = 0;
  #lossSum = 0;
  #gradNormSum = 0;
  #tokensSince = 0;
  #since: number;
  #aside = 0;
  #last: StepMetrics | undefined;
  #lastFlush: number;
  /** Lines that wait to be written. */
  #text = "";

  private constructor(
    file: AppendFile,
    events: EventFile | undefined,
    logInterval: number,
    lines: readonly LaterLine[],
    begun: number,
  ) {
    const before = lines.findLast((line) => line.type === "step");
    this.verdictKinds = new Set(lines.flatMap((line) => (line.type === "verdict" ? [line.kind] : [])));
    this.#begun = this.#since = this.#lastFlush = begun;
    this.#file = file;
    this.#events = events;
    this.#logInterval = logInterval;
    this.#elapsedBefore = before?.elapsed ?? 0;
    this.#tokens = before?.tokens ?? 0;
    this.#step = before?.step ?? 0;
  }

  /**
   * Begins a file at `path`, in place of one that is there, or goes on with it after step `from`. One that cannot be
   * read, or is another run's, is kept as `path.old`, and `onError` says so. Errors: a folder for TensorBoard that cannot be made.
   */
  static async open(path: string, run: RunDescription, options: MetricsFileOptions = {}): Promise<MetricsFile> {
    const {
      from = 0,
      begun = performance.now(),
      continues = path,
      losses,
      logInterval = defaultLogInterval(run.settings.numSteps),
      tensorboard,
    } = options;
    let told = false;
    const onError = (error: MicrogptError): void => {
      if (!told) options.onError?.(error);
      told = true;
    };
    const events = tensorboard === undefined ? undefined : EventFile.create(tensorboard, from, onError);
    const target = await followLink(path).catch(() => path);
    const same = target === (await followLink(continues).catch(() => continues));
    const before = { continues, kept: same ? `${path}.old` : undefined, from, losses };
    const { run: old, lines } = from === 0 ? { lines: [] } : await linesBefore(before, onError);
    const { pid, start } = thisProcess();
    const startedAt = old?.startedAt ?? new Date().toISOString();
    const begin = [{ type: "run" as const, ...run, startedAt, pid, processStart: start }, ...lines]
      .map(printLine)
      .join("");
    await removeAbandoned(target);
    // Another run's metrics must not be taken for this one's, even if these can only be written later.
    if (old === undefined || !same) await removeFile(target);
    const file = new AppendFile(target, UTF8.encode(begin), `metrics ${path}`, onError);
    return new MetricsFile(file, events, logInterval, lines, begun);
  }

  /** Takes a step in. */
  step(metrics: StepMetrics): void {
    this.#steps++;
    this.#lossSum += metrics.loss;
    this.#gradNormSum += metrics.gradNorm;
    this.#tokensSince += metrics.tokens;
    this.#step = metrics.step;
    this.#last = metrics;
    if (metrics.valLoss !== undefined) this.flush();
    else if (metrics.step % this.#logInterval === 0) this.#line();
  }

  /** Seconds since the last step that went into something other than training: tokensPerSecond leaves them out. */
  aside(seconds: number): void {
    this.#aside += seconds;
  }

  /** A text drawn from the model as it is now. */
  sample(text: string): void {
    this.#line();
    this.#write({ type: "sample", step: this.#step, text });
  }

  /** What training has to say about itself. @param kind a word for programs */
  verdict(kind: string, text: string): void {
    this.#line();
    this.#write({ type: "verdict", step: this.#step, kind, text });
  }

  /** Makes a line of the steps until here, and writes all that waits. */
  flush(): void {
    this.#line();
    this.#file.add(UTF8.encode(this.#text));
    this.#file.flush();
    this.#text = "";
    this.#events?.flush();
    this.#lastFlush = performance.now();
  }

  /**
   * Writes how the training has ended, while there is more to say of its result: that goes before this line, which stays the
   * last. To be followed by `end`, though a process that is killed before has lost nothing.
   */
  ended(reason: EndLine["reason"], message?: string): void {
    this.#line();
    const line = { type: "end" as const, step: this.#step, reason, ...(message === undefined ? {} : { message }) };
    this.#file.tail = UTF8.encode(printLine(line));
    this.flush();
  }

  /** Writes the last line and closes the file. @param message what went wrong */
  end(reason: EndLine["reason"], message?: string): void {
    this.ended(reason, message);
    this.#file.close();
    this.#events?.close();
  }

  /** The steps since the last line as one, if there are any. */
  #line(): void {
    const last = this.#last;
    if (last === undefined || this.#steps === 0) return;
    const now = performance.now();
    const seconds = Math.max((now - this.#since) / 1000 - this.#aside, 1e-6);
    this.#tokens += this.#tokensSince;
    const { step, valLoss, learningRate } = last;
    const line: StepLine = {
      step,
      loss: this.#lossSum / this.#steps,
      ...(valLoss === undefined ? {} : { valLoss }),
      learningRate,
      gradNorm: this.#gradNormSum / this.#steps,
      tokens: this.#tokens,
      tokensPerSecond: Math.round(this.#tokensSince / seconds),
      elapsed: Math.round(this.#elapsedBefore * 1e6 + (now - this.#begun) * 1e3) / 1e6,
    };
    this.#steps = this.#lossSum = this.#gradNormSum = this.#tokensSince = this.#aside = 0;
    this.#since = now;
    this.#write({ type: "step", ...line });
    this.#events?.scalars(step, tagsOf(line));
    if (now - this.#lastFlush > FLUSH_MS) this.flush();
  }

  #write(line: MetricsLine): void {
    this.#text += printLine(line);
  }
}

/** A folder or a device is nobody's metrics, and stays. */
async function removeFile(path: string): Promise<void> {
  if ((await stat(path).catch(() => undefined))?.isFile() === true) await rm(path).catch(() => undefined);
}

/** Steps to a line such that a run has at most 500: 1, 2 or 5 with zeros behind. */
export function defaultLogInterval(numSteps: number): number {
  const least = Math.max(1, numSteps / MOST_LINES);
  let power = 1;
  while (10 * power <= least) power *= 10;
  return [1, 2, 5, 10].map((n) => n * power).find((n) => n >= least) ?? 10 * power;
}

function tagsOf({ loss, valLoss, learningRate, gradNorm, tokensPerSecond }: StepLine): Record<string, number> {
  return {
    "loss/train": loss,
    ...(valLoss === undefined ? {} : { "loss/val": valLoss }),
    learning_rate: learningRate,
    grad_norm: gradNorm,
    tokens_per_second: tokensPerSecond,
  };
}
