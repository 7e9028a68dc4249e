import {
  bestOf,
  countParams,
  type DataMode,
  type NoveltyReport,
  outOfPatience,
  type Pace,
  type Remark,
  type Run,
  type StepRecord,
  type Verdict,
} from "../../index.ts";
import { count } from "../../util/count.ts";
import { describeEngine, describePace, type EngineChoice } from "../engine-choice.ts";
import { variantsOf } from "../flags/variants.ts";
import { drawCurve, recentMean, summarize } from "../runs/curve.ts";
import { duration, shortCount, tick } from "../terminal/figures.ts";
import { type LivePart, liveLine } from "../terminal/live-line.ts";
import { standardError, type Terminal } from "../terminal/terminal.ts";
import { widthOf } from "../terminal/width.ts";
import { typedWords } from "../words.ts";
import { type Report, type Summary, tooLong } from "./report.ts";

const REDRAW_MS = 50;
/** As in nanoGPT. */
const BETWEEN_TEXTS = "---------------";
/** The curve above the live line takes longer to draw than the line, and changes slowly. */
const CURVE_MS = 1000;
/** Lines that a terminal needs for the curve above the live line, with room for earlier output. */
const ROWS_FOR_CURVE = 20;
/** A shorter run ends before its curve could be seen. */
const CURVE_AFTER_MS = 2000;

/** The output for people: a live line on a terminal, a line for each step in a pipe. */
export class TextReport implements Report {
  readonly #terminal: Terminal;
  readonly #quiet: boolean;
  readonly #logInterval: number | undefined;
  #firstStep = 0;
  #startTime = 0;
  /** For the steps since the beginning, without evaluations and the like. */
  #tokens = 0;
  #steppingMs = 0;
  #lastStepTime = 0;
  #lastDraw = 0;
  #parts: readonly LivePart[] = [];
  #curve = "";
  #lastCurve = 0;

  /**
   * @param quiet prints only the samples
   * @param logInterval steps between two lines in a pipe; default each step, or twenty lines between two evaluations
   */
  constructor(terminal: Terminal, quiet: boolean, logInterval?: number) {
    this.#terminal = terminal;
    this.#quiet = quiet;
    this.#logInterval = logInterval;
  }

  begin(run: Run, notes: readonly Remark[], engine: EngineChoice): void {
    const { model, data, progress } = run;
    const { losses, settings } = progress;
    this.#firstStep = losses.length;
    this.#startTime = performance.now();
    this.#lastStepTime = this.#startTime;
    const [what, held] = data.mode === "documents" ? ["num docs", "num val docs"] : ["num tokens", "num val tokens"];
    this.#say(`${what}: ${data.train.length}`);
    if (data.val.length > 0) this.#say(`${held}: ${data.val.length}`);
    this.#say(`vocab size: ${model.config.vocabSize}`);
    this.#say(`num params: ${countParams(model.config)}`);
    const variants = variantsOf(model.config);
    if (variants.length > 0) this.#say(`architecture: ${variants.join(", ")}`);
    this.#say(`engine: ${describeEngine(engine)}`);
    const { count: cut, estimated, blockSize } = tooLong(run);
    if (cut > 0) {
      const which = `${estimated ? "about " : ""}${cut} docs are longer than block size ${model.config.blockSize}`;
      this.#say(
        `note: ${which} and are cut; --block_size ${blockSize} would take ${estimated ? "most" : "all"} of them whole`,
      );
    }
    for (const note of notes) this.#say(`note: ${typedWords(note.message)}`);
    if (losses.length > 0) this.#say(`resuming after step ${losses.length} of ${settings.numSteps}`);
  }

  pace(pace: Pace): void {
    this.#say(`threads: ${describePace(pace)}`);
  }

  plan(lines: readonly string[]): void {
    for (const line of lines) this.#terminal.line(line);
  }

  step(record: StepRecord, run: Run): void {
    if (this.#quiet) return;
    const { step, numSteps, tokens, valLoss } = record;
    const now = performance.now();
    this.#tokens += tokens;
    // With an evaluation, the time since the last record is not that of the steps.
    if (valLoss === undefined) this.#steppingMs += now - this.#lastStepTime;
    else this.#tokens -= tokens;
    this.#lastStepTime = now;
    if (!this.#terminal.live) {
      if (valLoss !== undefined || step === numSteps || step % this.#interval(run) === 0) {
        this.#terminal.line(inPipe(record, run));
      }
      return;
    }
    if (step < numSteps && valLoss === undefined && now - this.#lastDraw < REDRAW_MS) return;
    this.#lastDraw = now;
    const secondsPerStep = (now - this.#startTime) / 1000 / (step - this.#firstStep);
    const validated = run.progress.evaluations.at(-1);
    this.#parts = [
      { text: stepLabel(step, numSteps) },
      { text: `loss ${recentMean(run.progress.losses).toFixed(4)}` },
      ...(validated === undefined ? [] : [{ text: `val ${validated.loss.toFixed(4)}`, spare: 1 }]),
      { text: `lr ${tick(record.learningRate)}`, spare: 3 },
      { text: `${shortCount((1000 * this.#tokens) / this.#steppingMs)} tok/s`, spare: 2 },
    ];
    const left = `${duration(secondsPerStep * (numSteps - step))} left`;
    if (now - this.#startTime > CURVE_AFTER_MS && now - this.#lastCurve > CURVE_MS) {
      this.#lastCurve = now;
      const { losses, evaluations } = run.progress;
      this.#curve = this.#terminal.rows < ROWS_FOR_CURVE ? "" : drawCurve(losses, this.#terminal.columns, evaluations);
    }
    this.#show([...this.#parts, { text: left }]);
  }

  doing(what: string): void {
    this.#lastStepTime = performance.now();
    if (!this.#terminal.live || this.#quiet) return;
    // Replaces the remaining time, the least useful part meanwhile.
    this.#show([...this.#parts, { text: what }]);
  }

  progressSample(step: number, text: string): void {
    const label = this.#terminal.color.dim(`after step ${step}: `);
    this.#say(label + text.trimStart());
  }

  verdict({ message, advice }: Verdict): void {
    this.#say(`${this.#terminal.color.yellow("verdict:")} ${typedWords(message)}; ${typedWords(advice)}`);
  }

  warning(text: string): void {
    this.#say(`${this.#terminal.color.yellow("warning:")} ${text}`);
  }

  stopping(): void {
    this.#say("stopping after this step, then saving (Ctrl-C again quits at once, unsaved)");
  }

  trained({ run, baseline }: Summary): void {
    const { losses, settings, evaluations } = run.progress;
    if (losses.length === 0) return;
    const last = losses.at(-1) ?? Number.NaN;
    if (this.#terminal.live) this.#say(`${stepLabel(losses.length, settings.numSteps)} | loss ${last.toFixed(4)}`);
    if (outOfPatience(run.progress)) {
      const since = `${settings.patience} evaluations without a lower validation loss since step ${count(bestOf(evaluations)?.step ?? 0)}`;
      this.#say(`stopped early after step ${count(losses.length)}: ${since}; --patience 0 trains to the end`);
    }
    this.#say();
    this.#say(this.#terminal.color.cyan(drawCurve(losses, this.#terminal.columns, evaluations)));
    this.#say(summarize(losses));
    const [best, now] = [bestOf(evaluations), evaluations.at(-1)];
    if (best !== undefined && now !== undefined) {
      const bits = `${bitsPerByte(now.loss, run).toFixed(3)} bits per byte`;
      const where = best.step === now.step ? "its best" : `best ${best.loss.toFixed(4)} after step ${count(best.step)}`;
      this.#say(`validation loss: ${now.loss.toFixed(4)}, ${where}; ${bits}`);
    }
    if (baseline !== undefined) this.#say(baseline);
    this.#say();
  }

  saved(path: string): void {
    this.#say(`saved ${this.#terminal.color.bold(path)}`);
  }

  async sample(index: number, pieces: Iterable<string>, mode: DataMode = "documents"): Promise<void> {
    const { dim } = this.#terminal.color;
    const label = mode === "stream" || this.#quiet ? "" : dim(`sample ${String(index).padStart(2)}: `);
    if (mode === "stream" && index > 1) this.#terminal.line(dim(BETWEEN_TEXTS));
    await this.#terminal.pour(labelled(label, pieces), () => true, widthOf(label));
    this.#terminal.line();
  }

  novelty({ summary }: NoveltyReport, asked: boolean): void {
    // --quiet keeps the samples bare, but an explicitly requested report is shown.
    if (this.#quiet && asked) standardError().line(summary);
    else if (!this.#quiet) this.#terminal.line(`\nnovelty: ${summary}`);
  }

  next(commands: readonly string[]): void {
    this.#say();
    if (this.#quiet) return;
    for (const [i, command] of commands.entries()) this.#terminal.verbatim(`${i === 0 ? "next:" : "     "} ${command}`);
  }

  #interval({ progress: { settings } }: Run): number {
    return this.#logInterval ?? (settings.evalInterval === 0 ? 1 : Math.max(1, Math.round(settings.evalInterval / 20)));
  }

  #show(parts: readonly LivePart[]): void {
    const curve = this.#curve === "" ? "" : `${this.#curve}\n`;
    this.#terminal.show(curve + liveLine(parts, this.#terminal.columns));
  }

  #say(text = ""): void {
    if (!this.#quiet) this.#terminal.line(text);
  }
}

/** Comes with the first piece, or the end, so that a prompt that the model refuses leaves no label behind. */
function* labelled(label: string, pieces: Iterable<string>): Generator<string, void> {
  let before = label;
  for (const piece of pieces) {
    yield before + piece;
    before = "";
  }
  yield before;
}

/** Converts nats per token to bits per byte, which do not depend on the tokenizer. */
export function bitsPerByte(loss: number, { data }: Run): number {
  return loss / data.bytesPerToken / Math.LN2;
}

function inPipe({ step, numSteps, loss, valLoss }: StepRecord, run: Run): string {
  const line = `${stepLabel(step, numSteps)} | loss ${loss.toFixed(4)}`;
  if (valLoss === undefined) return line;
  return `${line} | val ${valLoss.toFixed(4)} | ${bitsPerByte(valLoss, run).toFixed(3)} bits/byte`;
}

/** `step    1 /  500`, as in microgpt.py. */
function stepLabel(step: number, numSteps: number): string {
  return `step ${String(step).padStart(4)} / ${String(numSteps).padStart(4)}`;
}
