/** What the page knows: the run in the trainer, the model in the reader, and what went wrong. */

import { proxy, type Remote } from "comlink";
import type { EngineName, SizeName } from "microgpt";
import { createContext } from "svelte";
import type { DataSetId } from "../data/ids.ts";
import type { DataChoice, LabSettings } from "../settings.ts";
import { words } from "../strings.ts";
import type { ModelCard, ReaderAPI } from "../worker/reader.ts";
import type { Opened } from "../worker/take/open.ts";
import type { TrainerAPI } from "../worker/train/api.ts";
import type { Pace } from "../worker/train/pace.ts";
import type { Report, Told } from "../worker/train/report.ts";
import { hasSimd } from "./browser.ts";
import { plain } from "./plain.ts";
import { type Connection, connect, WorkerCrash } from "./worker.ts";

/** The weights that the views look at: those of the last step, or of one of the moments. */
export type Moment = "now" | number;

/** What is trained before anyone has chosen. */
const FIRST: DataSetId = "names";
/** While training, the views follow it at this pace, in milliseconds. */
const FOLLOW_MS = 600;
/** Workers that are started in place of others before the page gives up. */
const MOST_RESTARTS = 8;
/** The trainer may be at work for so long, in milliseconds, before people are told, and may end it. */
const SLOW_MS = 5000;

export class Lab {
  /** How the run stands; undefined until the trainer has told. */
  report = $state.raw<Report>();
  /** The model that the reader holds, and so all views show. */
  model = $state.raw<ModelCard>();
  /** Another number whenever the reader holds other weights: what depends on them is to be asked anew. */
  version = $state(0);
  /** The step of the weights that the reader holds. */
  step = $state(0);
  moment = $state<Moment>("now");
  /** Whether a view that shows the model is open. */
  watching = $state(false);
  /** The trainer was asked for something and is still at work: at a long step, or making a large model ready. */
  slow = $state(false);
  /** One line for people, shown where they are looking, until it is dismissed. */
  problem = $state.raw<string>();
  /** The text that is looked into, once one was typed, and the data whose models it is for; it outlives the view. */
  insideText = $state.raw<{ readonly data: string; readonly text: string }>();
  /** A run was found that was kept when the page was last left. */
  restored = $state(false);
  pace = $state<Pace>("gentle");
  /** What the next run will be made from, while it is being put together; undefined for the run's own. */
  draft = $state.raw<LabSettings>();

  #trainer: Connection<TrainerAPI>;
  /** Started when it is first needed, or by `prepare`. */
  #reader: Connection<ReaderAPI> | undefined;
  /** What the reader holds: the run's number and a step. */
  #held = "";
  #runs = $state(0);
  /** Workers that were started in place of one that ended. */
  #restarts = 0;
  #opening: Promise<void> | undefined;
  /** Questions to the trainer that are under way. */
  #orders = 0;
  #lastOpened = 0;

  constructor() {
    this.#trainer = this.#connectTrainer();
  }

  /** Finds the run that was kept, or begins the first one. */
  async open(): Promise<void> {
    await this.#attempt(async () => {
      this.restored = await this.#openTrainer();
      if (!this.restored) await this.begin(await this.recommend({ name: FIRST }, hasSimd() ? "wasm" : "scalar"));
    });
  }

  /** A new run in place of this one. @returns whether it could be begun */
  async begin(settings: LabSettings): Promise<boolean> {
    return this.#attempt(async () => {
      await this.#order((remote) => remote.begin(settings));
      await this.#newRun();
    });
  }

  /** A model file in place of the run; what it has become. Errors: those of a checkpoint, and the run stays as it was. */
  async openFile(file: Blob, name: string, settings: LabSettings): Promise<Opened> {
    const opened = await this.#order(async (remote) => remote.openFile(file, name, settings));
    this.problem = undefined;
    await this.#newRun();
    return opened;
  }

  /** Brings back the run that this one took the place of. */
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

  /** Settings that suit some data: the library's recipe for a size, or for the one that fits best. */
  async recommend(data: DataChoice, engine: EngineName, size?: SizeName): Promise<LabSettings> {
    const { model, training } = await this.#order((remote) => remote.recommend(data, engine, size));
    return { data, model, training, engine, size: size ?? "recommended" };
  }

  /** Another number for each run of this visit: what is kept of one by its steps is nothing to the next. */
  get run(): number {
    return this.#runs;
  }

  /** The run as the file that the command line resumes. */
  checkpoint(): Promise<Uint8Array> {
    return this.#trainer.ask((remote) => remote.checkpoint());
  }

  /** The run's data as a file that the command line reads. */
  data(): Promise<string> {
    return this.#trainer.ask((remote) => remote.data());
  }

  /** The weights of a moment as a file without the state of training. */
  weights(moment: Moment = this.moment): Promise<Uint8Array> {
    return this.#trainer.ask((remote) => (moment === "now" ? remote.weights() : remote.moment(moment)));
  }

  /** Asks the reader about the model it holds. */
  ask: Connection<ReaderAPI>["ask"] = (question) => this.#reading().ask(question);

  /** Gives the reader the weights that shall be looked at, if it holds others. To be called whenever these may have changed. */
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
      // The run may have moved on, or be another one.
      if (done) await this.follow();
    });
    await this.#opening;
  }

  /** Ends what the trainer is at, however long that would take, and takes up what was kept. */
  giveUp = async (): Promise<void> => {
    this.#trainer.end();
    await this.#startTrainer(words.train.ended.givenUp);
  };

  /** Says what went wrong where people look. */
  complain(error: unknown): void {
    // A crash has been told already, by whoever noticed it first.
    if (!(error instanceof WorkerCrash)) this.problem = plain(error);
  }

  #otherWeights(): void {
    this.#runs++;
    this.moment = "now";
  }

  /** Whoever asks the reader after this asks about the new run. */
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

  /** @returns whether there is a run that was kept */
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

  /** What was kept is taken up again; what came after the last save is lost, and the message says so. */
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

  /** Starts what is not needed for training, so that nothing is fetched when it is. */
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

  /** Not without end: what ends each worker may be the run itself. */
  #mayRestart(): boolean {
    if (this.#restarts++ < MOST_RESTARTS) return true;
    this.problem = words.train.ended.forGood;
    return false;
  }
}

export const [getLab, setLab] = createContext<Lab>();
