/** A run's record beside its model: its metrics, and their meaning. */

import {
  type Baseline,
  countParams,
  judge,
  MicrogptError,
  type NoveltyReport,
  type Run,
  type RunFacts,
  RunHistory,
  runFacts,
  type StepRecord,
  type Verdict,
  type VerdictKind,
  verdictsOf,
} from "../../index.ts";
import { type EndLine, MetricsFile } from "../../node.ts";
import { internalError } from "../../util/errors.ts";
import { typed } from "../flags/engine.ts";
import { explain, typedWords } from "../words.ts";
import type { TrainFlags } from "./flags.ts";
import { besides } from "./output.ts";
import type { Report } from "./report.ts";

/** Verdicts worth reporting while there is time to stop the run; the others are reported at its end. */
const URGENT: readonly VerdictKind[] = ["learning-rate-too-high", "overfitting", "plateau", "data-too-small"];

/** Begins with the first step, so that a run that never gets there leaves existing files unchanged. */
export class TrainingLog {
  readonly #open: () => Promise<MetricsFile>;
  #metrics: MetricsFile | undefined;
  readonly #history: RunHistory;
  readonly #facts: RunFacts;
  readonly #report: Report;
  readonly #said = new Set<VerdictKind>();

  /** The log of a run that is saved at `out`. A file that cannot be written causes a warning. */
  constructor(out: string, run: Run, flags: TrainFlags, report: Report) {
    const { model, progress } = run;
    const { label, log_interval: logInterval, resume } = flags;
    const description = {
      ...typed({ label }),
      data: progress.data.name,
      numParams: countParams(model.config),
      config: { ...model.config },
      settings: { ...progress.settings },
    };
    const options = {
      from: progress.losses.length,
      begun: performance.now(),
      losses: progress.losses,
      ...typed({ logInterval }),
      ...(resume !== undefined && { continues: besides(resume, "metrics.jsonl") }),
      ...(flags.tensorboard === true && { tensorboard: besides(out, "tensorboard") }),
      onError: (error: MicrogptError) => report.warning(`${explain(error)} (training continues)`),
    };
    this.#open = () => MetricsFile.open(besides(out, "metrics.jsonl"), description, options);
    this.#report = report;
    this.#facts = runFacts(run);
    this.#history = RunHistory.of(this.#facts, progress.losses, progress.evaluations);
  }

  /** True once `begin` has been called. */
  get begun(): boolean {
    return this.#metrics !== undefined;
  }

  /** Call before the first `step`. */
  async begin(): Promise<void> {
    this.#metrics = await this.#open();
  }

  step(record: StepRecord): void {
    this.#metrics?.step(record);
    this.#history.addLoss(record.loss);
    if (record.valLoss !== undefined) this.#history.addEvaluation({ step: record.step, loss: record.valLoss });
  }

  /** Reports the verdicts on the last evaluation. */
  judge(): void {
    for (const verdict of judge(this.#history)) if (URGENT.includes(verdict.kind)) this.#say(verdict);
  }

  /** Records a text sampled during training. */
  sample(step: number, text: string): void {
    this.#metrics?.sample(text);
    this.#report.progressSample(step, text);
  }

  /** Excludes seconds that were not spent on training. */
  aside(seconds: number): void {
    this.#metrics?.aside(seconds);
  }

  /** Call before a save: the saved state may be resumed, and the metrics must not be behind it. */
  flush(): void {
    this.#metrics?.flush();
  }

  /** Training has ended, and its model is saved: nothing later changes that. */
  ended(reason: EndLine["reason"]): void {
    this.#metrics?.ended(reason);
  }

  /** Records the run's result, and the quality of its samples. */
  finish({ progress }: Run, reason: EndLine["reason"], baseline?: Baseline, novelty?: NoveltyReport): void {
    const { losses, evaluations } = progress;
    const facts = { ...this.#facts, ...(baseline && { baseline }), losses, evaluations, ...(novelty && { novelty }) };
    for (const verdict of verdictsOf(facts)) this.#say(verdict);
    this.#metrics?.end(reason);
  }

  interrupted(): void {
    this.#metrics?.end("interrupted");
  }

  /**
   * The run has diverged. @param kept the file with the last good model
   * @returns the advice for the user
   */
  diverged(step: number, kept?: string): string {
    const found = judge(this.#history, { diverged: { step, ...(kept !== undefined && { checkpoint: kept }) } });
    const verdict = found.find(({ kind }) => kind === "diverged");
    if (verdict === undefined) throw internalError("no verdict on a run that diverged");
    // The error message says the same to the user.
    this.#metrics?.verdict(verdict.kind, typedWords(verdict.message));
    return typedWords(verdict.advice);
  }

  failed(error: unknown): void {
    this.#metrics?.end("failed", error instanceof MicrogptError ? explain(error) : "an internal error");
  }

  #say(verdict: Verdict): void {
    if (this.#said.has(verdict.kind)) return;
    this.#said.add(verdict.kind);
    // Verdicts from before the run was resumed are in its metrics; each end has its own.
    const written = URGENT.includes(verdict.kind) && this.#metrics?.verdictKinds.has(verdict.kind);
    if (!written) this.#metrics?.verdict(verdict.kind, typedWords(verdict.message));
    this.#report.verdict(verdict);
  }
}
