/** A run in the trainer, and its Report. */

import {
  type Baseline,
  type Complaint,
  type Corpus,
  countParams,
  encodeCheckpoint,
  isFinished,
  judge,
  MicrogptError,
  maxRowsOf,
  noveltyReport,
  type Run,
  RunHistory,
  runBaseline,
  runFacts,
  type StepRecord,
  trainTokensOf,
  type Verdict,
  verdictsOf,
} from "microgpt";
import type { LabSettings } from "../../settings.ts";
import { momentsWanted } from "../../store/moments.ts";
import { engineName } from "../engine-name.ts";
import { drawTexts } from "../play/draw.ts";
import { Curve } from "./curve.ts";
import type { Drawn, Keeping, Phase, Report, RunCard } from "./report.ts";
import { Speed } from "./speed.ts";

/** The first samples stay, so that the gibberish can be compared with later ones; of the others the newest stay. */
const FIRST_KEPT = 1;
const NEWEST_KEPT = 11;
/** Interval of samples while training; it grows with the run, which changes less and less. */
const DRAW_MS = 700;
/** Maximum share of the time for samples: searching a long text for copies takes a while. */
const DRAW_SHARE = 0.1;

export class RunState {
  run: Run;
  readonly settings: LabSettings;
  readonly corpus: Corpus;
  moments: readonly number[];
  /** Number of training threads; 0 before the first step. */
  threads = 0;
  keeping: Keeping;
  #phase: Phase;
  #failure: Complaint | undefined;
  readonly #card: Omit<RunCard, "threads">;
  readonly #documents: ReadonlySet<string>;
  readonly #curve = new Curve();
  readonly #speed = new Speed();
  readonly #history: RunHistory;
  #baseline: Baseline | undefined;
  #record: StepRecord | undefined;
  #drawn: Drawn[] = [];
  #drawnAt = 0;
  #drawingMs = 0;
  #tokens = 0;
  #stepsMarked = 0;
  #momentSteps: ReadonlySet<number>;

  constructor(run: Run, settings: LabSettings, corpus: Corpus, moments: readonly number[]) {
    this.run = run;
    this.settings = settings;
    this.moments = moments;
    // A run that was read from storage, or one that is about to be stored.
    this.keeping = { kind: "kept", step: run.progress.losses.length };
    this.corpus = corpus;
    this.#documents = new Set(run.mode === "documents" ? corpus.docs : []);
    const { progress, model, data } = run;
    for (const loss of progress.losses) this.#curve.add(loss, Number.NaN);
    this.#history = RunHistory.of(runFacts(run), progress.losses, progress.evaluations);
    this.#phase = progress.losses.length === 0 ? "ready" : isFinished(progress) ? "finished" : "paused";
    this.#momentSteps = new Set(momentsWanted(progress.settings.numSteps));
    this.#card = {
      settings,
      config: model.config,
      training: progress.settings,
      engine: engineName(model),
      numParams: countParams(model.config),
      data: {
        name: corpus.name,
        mode: run.mode,
        numDocs: corpus.docs.length,
        trainTokens: trainTokensOf(data),
        valFraction: data.fingerprint.valFraction,
        split: data.fingerprint.split,
      },
      excerpt: run.mode === "documents" ? corpus.docs.slice(0, 8) : [(corpus.docs[0] ?? "").slice(0, 400)],
    };
    if (this.#phase === "finished") this.#baseline = runBaseline(run);
    this.draw();
  }

  get checkpoint(): Run {
    return this.run;
  }

  get phase(): Phase {
    return this.#phase;
  }

  get steps(): number {
    return this.run.progress.losses.length;
  }

  /** True if the weights of this step should be stored. */
  get isMoment(): boolean {
    return this.#momentSteps.has(this.steps);
  }

  /** Call before a series of steps. */
  begin(): void {
    this.#phase = "running";
    this.#stepsMarked = this.steps;
    this.#tokens = 0;
    this.#speed.begin(performance.now());
  }

  /** Costs next to nothing compared with a small model's step. */
  step(record: StepRecord): void {
    this.#record = record;
    this.#tokens += record.tokens;
    this.#curve.add(record.loss, record.gradNorm);
    this.#history.addLoss(record.loss);
    if (record.valLoss !== undefined) this.#history.addEvaluation({ step: record.step, loss: record.valLoss });
  }

  /** Call after a series of steps. */
  rest(): void {
    const { progress } = this.run;
    this.#phase = isFinished(progress) ? "finished" : "paused";
    if (this.#phase === "finished") this.#baseline = runBaseline(this.run);
  }

  fail(error: unknown): void {
    this.#phase = "failed";
    if (error instanceof MicrogptError) this.#failure = error.complaint;
  }

  extend(numSteps: number): void {
    const { progress } = this.run;
    this.run = { ...this.run, progress: { ...progress, settings: { ...progress.settings, numSteps } } };
    this.#momentSteps = new Set(momentsWanted(numSteps));
    this.#phase = "paused";
  }

  weights(): Uint8Array {
    const { model, tokenizer, mode } = this.run;
    return encodeCheckpoint({ model, tokenizer, mode });
  }

  /** Excludes time between two steps that was not training. */
  aside(ms: number): void {
    this.#speed.aside(ms);
  }

  wantsDrawing(now: number): boolean {
    const pause = Math.max(DRAW_MS * Math.sqrt(1 + this.#drawn.length / 4), this.#drawingMs / DRAW_SHARE);
    return now - this.#drawnAt > pause;
  }

  /** Samples from the model with a stream of its own, so that the number of samples does not affect the run. */
  draw(): void {
    const step = this.steps;
    if (this.#drawn.at(-1)?.step === step) return;
    const begin = performance.now();
    const texts = drawTexts(this.run, this.run.progress.settings.seed + step);
    const drawn = { step, texts: texts.map((text) => ({ text, copied: this.#isCopied(text) })) };
    const kept = [...this.#drawn, drawn];
    this.#drawn =
      kept.length > FIRST_KEPT + NEWEST_KEPT ? [...kept.slice(0, FIRST_KEPT), ...kept.slice(-NEWEST_KEPT)] : kept;
    this.#drawnAt = performance.now();
    this.#drawingMs = this.#drawnAt - begin;
  }

  report(): Omit<Report, "canUndo"> {
    const { progress } = this.run;
    if (this.#phase === "running") {
      this.#speed.mark(performance.now(), this.#tokens, this.steps - this.#stepsMarked);
      this.#stepsMarked = this.steps;
      this.#tokens = 0;
    }
    const { tokensPerSecond, stepsPerSecond } = this.#speed;
    const left = progress.settings.numSteps - this.steps;
    return {
      phase: this.#phase,
      card: { ...this.#card, training: progress.settings, threads: this.threads },
      step: this.steps,
      numSteps: progress.settings.numSteps,
      ...(this.#record && { latest: this.#record }),
      curve: this.#curve.points(),
      evaluations: progress.evaluations,
      ...(this.#baseline && { baseline: this.#baseline }),
      tokensPerSecond,
      secondsLeft: stepsPerSecond > 0 ? left / stepsPerSecond : Number.NaN,
      drawn: this.#drawn,
      verdicts: this.#verdicts(),
      moments: this.moments,
      keeping: this.keeping,
      ...(this.#failure !== undefined && { failure: this.#failure }),
    };
  }

  /** Records the number of threads of the model's trainer, once it runs. */
  async noteThreads(): Promise<void> {
    const { model, progress } = this.run;
    const trainer = await model.trainer({
      ...progress.settings,
      steps: this.steps,
      maxRows: maxRowsOf(this.run),
    });
    this.threads = trainer.threads;
  }

  /** For a finished run also its result, compared with models that only count. */
  #verdicts(): Verdict[] {
    const baseline = this.#baseline;
    if (this.#phase !== "finished" || baseline === undefined) return judge(this.#history);
    const { losses, evaluations } = this.run.progress;
    return verdictsOf({ ...this.#history.facts, baseline, losses, evaluations });
  }

  #isCopied(text: string): boolean {
    if (this.run.mode === "documents") return this.#documents.has(text);
    return noveltyReport([text], this.corpus).copied > 0;
  }
}
