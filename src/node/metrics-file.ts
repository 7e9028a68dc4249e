import { rm, stat } from "node:fs/promises";
import type { MicrogptError } from "../util/errors.ts";
import { AppendFile } from "./append-file.ts";
import { followLink, removeAbandoned } from "./atomic-write.ts";
import { EventFile } from "./event-file.ts";
import { type EndLine, type LaterLine, type MetricsLine, printLine, type RunLine, type StepLine } from "./metrics.ts";
import { thisProcess } from "./process-id.ts";
import { linesBefore } from "./read-metrics.ts";

/** Default limit on the number of step lines. */
const MOST_LINES = 500;

const UTF8 = new TextEncoder();

/** Longest delay before a line is written, in milliseconds, so that others can watch a run. */
const FLUSH_MS = 1000;

export interface MetricsFileOptions {
  /** The step after which the run resumes; later lines in the file are dropped. Default: 0, a new run. */
  readonly from?: number;
  /** Start of the first step, by performance.now(). Default: now. */
  readonly begun?: number;
  /** The previous metrics of the run, if it resumes under another name. Default: the path itself. */
  readonly continues?: string;
  /** The losses of the run's steps so far, to detect metrics of another run. Default: no check. */
  readonly losses?: readonly number[];
  /** Steps in one line. Default: `defaultLogInterval`. */
  readonly logInterval?: number;
  /** A folder for TensorBoard events, if wanted. */
  readonly tensorboard?: string;
  /** Called once, at the first failed write. Training should continue. */
  readonly onError?: (error: MicrogptError) => void;
}

/** The result of one training step. */
export interface StepMetrics extends Pick<StepLine, "step" | "loss" | "gradNorm" | "learningRate" | "valLoss"> {
  /** Tokens in this step. */
  readonly tokens: number;
}

/** A RunLine without the fields that the writer adds. */
export type RunDescription = Omit<RunLine, "startedAt" | "pid" | "processStart">;

/**
 * Writes a run's metrics (metrics.ts) while it trains. A step costs an addition or two; a line is written every
 * `logInterval` steps and for each evaluation, `flush` and end.
 *
 * Call order: `step` after each step; `sample` and `verdict` as they occur; `flush` before a checkpoint is saved, so
 * that the file is never behind a checkpoint that can be resumed; `end` last. A run that is killed and resumed from its
 * last checkpoint then has the same lines as an uninterrupted one.
 */
export class MetricsFile {
  /** The kinds of verdicts already in the file. */
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
  /** Lines waiting to be written. */
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
   * Creates a file at `path`, replacing an existing one, or continues it after step `from`. A file that is unreadable,
   * or another run's, is kept as `path.old`, with a call to `onError`. Errors: a TensorBoard folder that cannot be
   * created.
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
    // Another run's metrics must not be mistaken for this run's, even if these can be written only later.
    if (old === undefined || !same) await removeFile(target);
    const file = new AppendFile(target, UTF8.encode(begin), `metrics ${path}`, onError);
    return new MetricsFile(file, events, logInterval, lines, begun);
  }

  /** Records a step. */
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

  /** Excludes seconds since the last step that were not spent on training from tokensPerSecond. */
  aside(seconds: number): void {
    this.#aside += seconds;
  }

  /** Records a text sampled from the current model. */
  sample(text: string): void {
    this.#line();
    this.#write({ type: "sample", step: this.#step, text });
  }

  /** Records a finding about the training. @param kind a word for programs */
  verdict(kind: string, text: string): void {
    this.#line();
    this.#write({ type: "verdict", step: this.#step, kind, text });
  }

  /** Writes a line for the steps so far, and everything else that is waiting. */
  flush(): void {
    this.#line();
    this.#file.add(UTF8.encode(this.#text));
    this.#file.flush();
    this.#text = "";
    this.#events?.flush();
    this.#lastFlush = performance.now();
  }

  /**
   * Writes the end of the training while conclusions are still being computed. Those go before this line, which stays
   * the last. Call `end` afterwards, though a process killed before that has lost nothing.
   */
  ended(reason: EndLine["reason"], message?: string): void {
    this.#line();
    const line = { type: "end" as const, step: this.#step, reason, ...(message === undefined ? {} : { message }) };
    this.#file.tail = UTF8.encode(printLine(line));
    this.flush();
  }

  /** Writes the last line and closes the file. @param message the error, if it failed */
  end(reason: EndLine["reason"], message?: string): void {
    this.ended(reason, message);
    this.#file.close();
    this.#events?.close();
  }

  /** Writes one line for the steps since the last line, if there are any. */
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

/** A folder or a device cannot be a run's metrics, so it is kept. */
async function removeFile(path: string): Promise<void> {
  if ((await stat(path).catch(() => undefined))?.isFile() === true) await rm(path).catch(() => undefined);
}

/** Steps in a line for at most 500 lines: 1, 2 or 5 times a power of ten. */
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
