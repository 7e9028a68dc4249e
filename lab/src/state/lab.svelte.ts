/** The page's state: the run in the trainer, the model in the reader, and the current error. */

import { proxy, type Remote } from "comlink";
import type { EngineName, SizeName } from "microgpt";
import { createContext } from "svelte";
import type { DataSetId } from "../data/ids.ts";
import type { DataChoice, LabSettings } from "../settings.ts";
import { words } from "../strings.ts";
import type { ReaderAPI } from "../worker/reader.ts";
import type { ModelCard } from "../worker/reading.ts";
import type { Opened } from "../worker/take/open.ts";
import type { TrainerAPI } from "../worker/train/api.ts";
import type { Pace } from "../worker/train/pace.ts";
import type { Report, Told } from "../worker/train/report.ts";
import { hasSimd } from "./browser.ts";
import { plain } from "./plain.ts";
import { type Connection, connect, WorkerCrash } from "./worker.ts";

/** The weights shown by the views: those of the last step, or of a saved moment. */
export type Moment = "now" | number;

/** Trained until the user chooses. */
const FIRST: DataSetId = "names";
/** Interval at which the views follow a training run, in milliseconds. */
const FOLLOW_MS = 600;
/** Number of workers that are restarted before the page gives up. */
const MOST_RESTARTS = 8;
/** After this time, in milliseconds, the user learns that the trainer is busy, and may end it. */
const SLOW_MS = 5000;

export class Lab {
  /** The state of the run; undefined until the trainer's first report. */
  report = $state.raw<Report>();
  /** The model in the reader, which all views show. */
  model = $state.raw<ModelCard>();
  /** Changes whenever the reader holds other weights; everything that depends on them must be requested again. */
  version = $state(0);
  /** The step of the reader's weights. */
  step = $state(0);
  moment = $state<Moment>("now");
  /** True while a view that shows the model is open. */
  watching = $state(false);
  /** True if the trainer has been busy for a while: with a long step, or preparing a large model. */
  slow = $state(false);
  /** One line for the user, shown prominently until it is dismissed. */
  problem = $state.raw<string>();
  /** The text typed into a view, with the data it belongs to; it outlives the view. */
  insideText = $state.raw<{ readonly data: string; readonly text: string }>();
  /** True if a run saved on an earlier visit was found. */
  restored = $state(false);
  pace = $state<Pace>("gentle");
  /** The settings of the next run while they are being edited; undefined for the run's own. */
  draft = $state.raw<LabSettings>();

  #trainer: Connection<TrainerAPI>;
  /** Started on first use, or by `prepare`. */
  #reader: Connection<ReaderAPI> | undefined;
  /** The weights in the reader: the run's number and a step. */
  #held = "";
  #runs = $state(0);
  /** Number of workers restarted so far. */
  #restarts = 0;
  #opening: Promise<void> | undefined;
  /** Number of pending requests to the trainer. */
  #orders = 0;
  #lastOpened = 0;

  constructor() {
    this.#trainer = this.#connectTrainer();
  }

  /** Opens the saved run, or begins the first one. */
  async open(): Promise<void> {
    await this.#attempt(async () => {
      this.restored = await this.#openTrainer();
      if (!this.restored) await this.begin(await this.recommend({ name: FIRST }, hasSimd() ? "wasm" : "scalar"));
    });
  }

  /** Replaces the run by a new one. @returns true if it could begin */
  async begin(settings: LabSettings): Promise<boolean> {
    return this.#attempt(async () => {
      await this.#order((remote) => remote.begin(settings));
      await this.#newRun();
    });
  }

  /**
   * Replaces the run by a model file; returns what it became. Errors: those of a checkpoint; the run is then unchanged.
   */
  async openFile(file: Blob, name: string, settings: LabSettings): Promise<Opened> {
    const opened = await this.#order(async (remote) => remote.openFile(file, name, settings));
    this.problem = undefined;
    await this.#newRun();
    return opened;
  }

  /** Restores the run that this one replaced. */
  undo = (): Promise<boolean> =>
    this.#attempt(async () => {
      await this.#order((remote) => remote.undo());
      await this.#newRun();
    });
  start = (): Promise<boolean> => this.#attempt(() => this.#order((remote) => remote.start()));
  pause = (): Promise<boolean> => this.#attempt(() => this.#order((remote) => remote.pause()));
  stepOnce = (): Promise<boolean> => this.#attempt(() => this.#order((remote) => remote.step()));
  extend = (numSteps: number): Promise<boolean> =>
    this.#attempt(() => this.#order((remote) => remote.extend(numSteps)));

  async setPace(pace: Pace): Promise<void> {
    this.pace = pace;
    await this.#attempt(() => this.#trainer.ask((remote) => remote.setPace(pace)));
  }

  /** Recommended settings for some data: the library's recipe for a size, or for the one that fits best. */
  async recommend(data: DataChoice, engine: EngineName, size?: SizeName): Promise<LabSettings> {
    const { model, training } = await this.#order((remote) => remote.recommend(data, engine, size));
    return { data, model, training, engine, size: size ?? "recommended" };
  }

  /** A number unique to each run of this visit: values cached by step must not be reused for the next run. */
  get run(): number {
    return this.#runs;
  }

  /** The run as a file that the command line can resume. */
  checkpoint(): Promise<Uint8Array> {
    return this.#trainer.ask((remote) => remote.checkpoint());
  }

  /** The run's data as a file that the command line can read. */
  data(): Promise<string> {
    return this.#trainer.ask((remote) => remote.data());
  }

  /** The weights of a moment as a file without the state of training. */
  weights(moment: Moment = this.moment): Promise<Uint8Array> {
    return this.#trainer.ask((remote) => (moment === "now" ? remote.weights() : remote.moment(moment)));
  }

  /** Asks the reader about its model. */
  ask: Connection<ReaderAPI>["ask"] = (question) => this.#reading().ask(question);

  /** Sends the chosen weights to the reader, if it holds others. Call whenever these may have changed. */
  async follow(): Promise<void> {
    const { report } = this;
    if (this.#opening !== undefined) return this.#opening;
    if (report === undefined || !this.watching) return;
    const step = this.moment === "now" ? report.step : this.moment;
    const wanted = `${this.#runs} ${step}`;
    if (wanted === this.#held) return;
    if (this.moment === "now" && report.phase === "running" && performance.now() - this.#lastOpened < FOLLOW_MS) return;
    this.#lastOpened = performance.now();
    const followed = this.#attempt(async () => {
      const bytes = await this.weights();
      this.model = await this.#reading().ask((remote) => remote.open(bytes));
      this.#held = wanted;
      this.step = step;
      this.version++;
    });
    this.#opening = followed.then(async (done) => {
      this.#opening = undefined;
      // The run may have moved on, or been replaced.
      if (done) await this.follow();
    });
    await this.#opening;
  }

  /** Ends the trainer's current work, however long it would take, and resumes from the saved run. */
  giveUp = async (): Promise<void> => {
    this.#trainer.end();
    await this.#startTrainer(words.train.ended.givenUp);
  };

  /** Shows an error to the user. */
  complain(error: unknown): void {
    // A crash has already been reported by its first observer.
    if (!(error instanceof WorkerCrash)) this.problem = plain(error);
  }

  #otherWeights(): void {
    this.#runs++;
    this.moment = "now";
  }

  /** Requests to the reader after this are about the new run. */
  async #newRun(): Promise<void> {
    this.#otherWeights();
    this.restored = false;
    this.draft = undefined;
    await this.follow();
  }

  async #attempt(action: () => Promise<unknown>): Promise<boolean> {
    try {
      await action();
      this.problem = undefined;
      return true;
    } catch (error) {
      this.complain(error);
      return false;
    }
  }

  async #order<T>(question: (remote: Remote<TrainerAPI>) => Promise<T>): Promise<T> {
    this.#orders++;
    const timer = setTimeout(() => {
      this.slow = true;
    }, SLOW_MS);
    try {
      return await this.#trainer.ask(question);
    } finally {
      clearTimeout(timer);
      if (--this.#orders === 0) this.slow = false;
    }
  }

  #tell(): (told: Told) => void {
    return proxy(({ card, ...told }: Told) => {
      const settings = card.settings ?? this.report?.card.settings;
      if (settings !== undefined) this.report = { ...told, card: { ...card, settings } };
    });
  }

  /** @returns true if there is a saved run */
  async #openTrainer(): Promise<boolean> {
    const trainer = this.#trainer;
    const kept = await trainer.ask((remote) => remote.open(this.#tell()));
    await trainer.ask((remote) => remote.setPace(this.pace));
    return kept;
  }

  #connectTrainer(): Connection<TrainerAPI> {
    return connect<TrainerAPI>("trainer", () => void this.#replaceTrainer());
  }

  async #replaceTrainer(): Promise<void> {
    if (this.#mayRestart()) await this.#startTrainer(words.train.ended.trainer);
  }

  /** Resumes the saved run; steps after the last save are lost, and the message says so. */
  async #startTrainer(message: (step: number) => string): Promise<void> {
    this.#trainer = this.#connectTrainer();
    const settings = this.report?.card.settings;
    const again = await this.#attempt(async () => {
      const kept = await this.#openTrainer();
      if (!kept && settings !== undefined) await this.#trainer.ask((remote) => remote.begin(settings));
      this.#otherWeights();
    });
    if (again) this.problem = message(this.report?.step ?? 0);
  }

  /** Starts the reader early, so that nothing is fetched later. */
  async prepare(): Promise<void> {
    await this.#reading().ask(async () => {});
  }

  #reading(): Connection<ReaderAPI> {
    this.#reader ??= this.#connectReader();
    return this.#reader;
  }

  #connectReader(): Connection<ReaderAPI> {
    return connect<ReaderAPI>("reader", () => void this.#replaceReader());
  }

  async #replaceReader(): Promise<void> {
    if (!this.#mayRestart()) return;
    this.#held = "";
    this.#reader = this.#connectReader();
    await this.#opening;
    await this.follow();
    this.problem = words.train.ended.reader;
  }

  /** Restarts are limited, because the run itself may be what crashes each worker. */
  #mayRestart(): boolean {
    if (this.#restarts++ < MOST_RESTARTS) return true;
    this.problem = words.train.ended.forGood;
    return false;
  }
}

export const [getLab, setLab] = createContext<Lab>();
