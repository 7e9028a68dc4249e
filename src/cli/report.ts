/** What `train` and `sample` say, in two forms: for people and, with --json, for programs. */

import { countParams, type DataMode, type NoveltyReport, type Run, type StepRecord } from "../index.ts";
import { drawCurve, recentMean, summarize } from "./curve.ts";
import type { Terminal } from "./terminal.ts";

export interface Report {
  /** Before the first step. */
  begin(run: Run): void;
  step(record: StepRecord, losses: readonly number[]): void;
  /** Ctrl-C was pressed once. */
  stopping(): void;
  /** After the last step, or the one at which the run was stopped. */
  trained(run: Run): void;
  saved(path: string): void;
  /** `pieces` are drawn from the model as they are asked for. Default of `mode`: documents. */
  sample(index: number, pieces: Iterable<string>, mode?: DataMode): Promise<void>;
  /** After the samples. */
  novelty(report: NoveltyReport): void;
  /** At the end: commands to type next. */
  next(commands: readonly string[]): void;
}

const REDRAW_MS = 50;

/** As nanoGPT has it. */
const BETWEEN_TEXTS = "---------------";

export class TextReport implements Report {
  readonly #terminal: Terminal;
  readonly #quiet: boolean;
  #firstStep = 0;
  #startTime = 0;
  #lastDraw = 0;

  /** @param quiet print the samples, bare, and nothing else */
  constructor(terminal: Terminal, quiet: boolean) {
    this.#terminal = terminal;
    this.#quiet = quiet;
  }

  begin(run: Run): void {
    const { model, docs } = run;
    const { losses, settings } = run.progress;
    this.#firstStep = losses.length;
    this.#startTime = performance.now();
    this.#say(`num docs: ${docs.length}`);
    this.#say(`vocab size: ${model.config.vocabSize}`);
    this.#say(`num params: ${countParams(model.config)}`);
    const { count, blockSize } = tooLong(run);
    if (count > 0) {
      const whole = `--block_size ${blockSize} would take all of them whole`;
      this.#say(`note: ${count} docs are longer than block size ${model.config.blockSize} and are cut; ${whole}`);
    }
    if (losses.length > 0) this.#say(`resuming after step ${losses.length} of ${settings.numSteps}`);
  }

  step({ step, numSteps, loss }: StepRecord, losses: readonly number[]): void {
    if (this.#quiet) return;
    const line = `${stepLabel(step, numSteps)} | loss ${loss.toFixed(4)}`;
    if (!this.#terminal.live) {
      this.#terminal.line(line);
      return;
    }
    const now = performance.now();
    if (step < numSteps && now - this.#lastDraw < REDRAW_MS) return;
    this.#lastDraw = now;
    const secondsPerStep = (now - this.#startTime) / 1000 / (step - this.#firstStep);
    const recent = `recent mean ${recentMean(losses).toFixed(4)}`;
    const left = `${duration(secondsPerStep * (numSteps - step))} left`;
    this.#terminal.show(`${line} | ${recent} | ${speed(secondsPerStep)} | ${left}`);
  }

  stopping(): void {
    this.#say("stopping after this step to save (Ctrl-C again leaves at once, unsaved)");
  }

  trained({ progress: { losses, settings } }: Run): void {
    if (losses.length === 0) return;
    const last = losses.at(-1) ?? Number.NaN;
    if (this.#terminal.live) this.#say(`${stepLabel(losses.length, settings.numSteps)} | loss ${last.toFixed(4)}`);
    this.#say();
    this.#say(this.#terminal.color.cyan(drawCurve(losses, this.#terminal.columns)));
    this.#say(summarize(losses));
    this.#say();
  }

  saved(path: string): void {
    this.#say(`saved ${this.#terminal.color.bold(path)}`);
  }

  async sample(index: number, pieces: Iterable<string>, mode: DataMode = "documents"): Promise<void> {
    const { dim } = this.#terminal.color;
    const label = mode === "stream" || this.#quiet ? "" : dim(`sample ${String(index).padStart(2)}: `);
    if (mode === "stream" && index > 1) this.#terminal.line(dim(BETWEEN_TEXTS));
    await this.#terminal.pour(labelled(label, pieces));
    this.#terminal.line();
  }

  novelty({ summary }: NoveltyReport): void {
    // --quiet keeps the samples bare, and whoever asks for the report wants to see it.
    if (this.#quiet) process.stderr.write(`${summary}\n`);
    else this.#terminal.line(`\nnovelty: ${summary}`);
  }

  next(commands: readonly string[]): void {
    this.#say();
    for (const [i, command] of commands.entries()) this.#say(`${i === 0 ? "next:" : "     "} ${command}`);
  }

  #say(text = ""): void {
    if (!this.#quiet) this.#terminal.line(text);
  }
}

/** One JSON object a line, numbers in full precision. */
export class JsonReport implements Report {
  readonly #terminal: Terminal;
  readonly #quiet: boolean;

  /** @param quiet leave the steps out */
  constructor(terminal: Terminal, quiet: boolean) {
    this.#terminal = terminal;
    this.#quiet = quiet;
  }

  begin(run: Run): void {
    const { model, docs } = run;
    const { losses, settings, data } = run.progress;
    this.#write("start", {
      data: data.name,
      numDocs: docs.length,
      numDocsCut: tooLong(run).count,
      vocabSize: model.config.vocabSize,
      numParams: countParams(model.config),
      step: losses.length,
      config: model.config,
      settings,
    });
  }

  step(record: StepRecord): void {
    if (!this.#quiet) this.#write("step", record);
  }

  stopping(): void {
    this.#write("stopping", {});
  }

  // The steps have said it.
  trained(): void {}

  saved(path: string): void {
    this.#write("saved", { path });
  }

  async sample(index: number, pieces: Iterable<string>): Promise<void> {
    this.#write("sample", { index, text: [...pieces].join("") });
  }

  novelty(report: NoveltyReport): void {
    this.#write("novelty", report);
  }

  // For people.
  next(): void {}

  #write(type: string, record: object): void {
    this.#terminal.line(JSON.stringify({ type, ...record }));
  }
}

/** With the first piece, or the end: a start that the model refuses leaves no label behind. */
function* labelled(label: string, pieces: Iterable<string>): Generator<string, void> {
  let before = label;
  for (const piece of pieces) {
    yield before + piece;
    before = "";
  }
  yield before;
}

/** How many documents the context cannot hold, with the token that ends them, and the blockSize that could. */
function tooLong({ docs, model }: Run): { count: number; blockSize: number } {
  const lengths = docs.map((doc) => [...doc].length + 1);
  const count = lengths.filter((length) => length > model.config.blockSize).length;
  return { count, blockSize: lengths.reduce((most, length) => Math.max(most, length), 0) };
}

/** `250 steps/s`, or `2.5 s/step` where that says more. */
export function speed(secondsPerStep: number): string {
  return secondsPerStep < 1 ? `${Math.round(1 / secondsPerStep)} steps/s` : `${secondsPerStep.toFixed(1)} s/step`;
}

/** `40 s`, `25 min`, `3.5 h`. */
export function duration(seconds: number): string {
  if (seconds < 120) return `${Math.ceil(seconds)} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

/** `step    1 /  500`, as microgpt.py has it. */
function stepLabel(step: number, numSteps: number): string {
  return `step ${String(step).padStart(4)} / ${String(numSteps).padStart(4)}`;
}
