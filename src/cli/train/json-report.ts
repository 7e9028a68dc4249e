import {
  countParams,
  type NoveltyReport,
  type Pace,
  type Remark,
  type Run,
  type StepRecord,
  type Verdict,
} from "../../index.ts";
import type { EngineChoice } from "../engine-choice.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { noteRecord, typedWords } from "../words.ts";
import { type Report, type Summary, tooLong } from "./report.ts";

/** One JSON object a line, numbers in full precision. */
export class JsonReport implements Report {
  readonly #terminal: Terminal;
  readonly #quiet: boolean;

  /** @param quiet omits the steps */
  constructor(terminal: Terminal, quiet: boolean) {
    this.#terminal = terminal;
    this.#quiet = quiet;
  }

  begin(run: Run, notes: readonly Remark[], engine: EngineChoice): void {
    const { model, data, progress } = run;
    const { name, mode, numDocs } = progress.data;
    const sizes =
      mode === "documents"
        ? { numDocs, numValDocs: data.val.length, numDocsCut: tooLong(run).count }
        : { numTokens: data.train.length, numValTokens: data.val.length };
    this.#write("start", {
      data: name,
      mode,
      ...sizes,
      vocabSize: model.config.vocabSize,
      numParams: countParams(model.config),
      step: progress.losses.length,
      config: model.config,
      settings: progress.settings,
      engine,
      notes: notes.map(noteRecord),
    });
  }

  pace(pace: Pace): void {
    this.#write("threads", pace);
  }

  plan(lines: readonly string[]): void {
    this.#write("plan", { lines });
  }

  step(record: StepRecord): void {
    if (!this.#quiet) this.#write("step", record);
  }

  // Only for people.
  doing(): void {}

  progressSample(step: number, text: string): void {
    this.#write("progressSample", { step, text });
  }

  verdict(verdict: Verdict): void {
    this.#write("verdict", { ...verdict, message: typedWords(verdict.message), advice: typedWords(verdict.advice) });
  }

  warning(text: string): void {
    this.#write("warning", { text });
  }

  stopping(): void {
    this.#write("stopping", {});
  }

  trained({ run: { progress }, baseline }: Summary): void {
    if (baseline === undefined) return;
    this.#write("baseline", { text: baseline, evaluations: progress.evaluations });
  }

  saved(path: string): void {
    this.#write("saved", { path });
  }

  async sample(index: number, pieces: Iterable<string>): Promise<void> {
    this.#write("sample", { index, text: [...pieces].join("") });
  }

  novelty(novelty: NoveltyReport): void {
    this.#write("novelty", novelty);
  }

  // Only for people.
  next(): void {}

  #write(type: string, record: object): void {
    this.#terminal.record(type, record);
  }
}
