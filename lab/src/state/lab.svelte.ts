/** What the page knows: the run in the trainer, the model in the reader, and what went wrong. */

import { proxy } from "comlink";
import type { EngineName, SizeName } from "microgpt";
import { createContext } from "svelte";
import type { DataSetId } from "../data/ids.ts";
import type { DataChoice, LabSettings } from "../settings.ts";
import type { Pace } from "../worker/pace.ts";
import type { ModelCard, ReaderAPI } from "../worker/reader.ts";
import type { Report } from "../worker/report.ts";
import type { TrainerAPI } from "../worker/worker.ts";
import { type Connection, connect, WorkerCrash } from "./worker.ts";

/** The weights that the views look at: those of the last step, or of one of the moments. */
export type Moment = "now" | number;

/** What is trained before anyone has chosen. */
const FIRST: DataSetId = "names";
/** While training, the views follow it at this pace, in milliseconds. */
const FOLLOW_MS = 600;

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
  #reader: Connection<ReaderAPI>;
  /** What the reader holds: the run's number and a step. */
  #held = "";
  #runs = 0;
  #opening: Promise<void> | undefined;
  #lastOpened = 0;

  constructor() {
    this.#trainer = this.#connectTrainer();
    this.#reader = this.#connectReader();
  }

  /** Finds the run that was kept, or begins the first one. */
  async open(): Promise<void> {
    await this.#attempt(async () => {
      const kept = await this.#trainer.ask((remote) => remote.open(this.#tell()));
      await this.#trainer.ask((remote) => remote.setPace(this.pace));
      this.restored = kept !== undefined;
      if (kept === undefined) await this.begin(await this.recommend({ name: FIRST }, "wasm"));
    });
  }

  /** A new run in place of this one. @returns whether it could be begun */
  async begin(settings: LabSettings): Promise<boolean> {
    return this.#attempt(async () => {
      await this.#trainer.ask((remote) => remote.begin(settings));
      this.#newRun();
    });
  }

  async openFile(bytes: Uint8Array, name: string, settings: LabSettings): Promise<boolean> {
    return this.#attempt(async () => {
      await this.#trainer.ask((remote) => remote.openFile(bytes, name, settings));
      this.#newRun();
    });
  }

  /** Brings back the run that this one took the place of. */
  undo = (): Promise<boolean> =>
    this.#attempt(async () => {
      await this.#trainer.ask((remote) => remote.undo());
      this.#newRun();
    });
  start = (): Promise<boolean> => this.#attempt(() => this.#trainer.ask((remote) => remote.start()));
  pause = (): Promise<boolean> => this.#attempt(() => this.#trainer.ask((remote) => remote.pause()));
  stepOnce = (): Promise<boolean> => this.#attempt(() => this.#trainer.ask((remote) => remote.step()));
  extend = (numSteps: number): Promise<boolean> =>
    this.#attempt(() => this.#trainer.ask((remote) => remote.extend(numSteps)));

  async setPace(pace: Pace): Promise<void> {
    this.pace = pace;
    await this.#attempt(() => this.#trainer.ask((remote) => remote.setPace(pace)));
  }

  /** Settings that suit some data: the library's recipe for a size, or for the one that fits best. */
  async recommend(data: DataChoice, engine: EngineName, size?: SizeName): Promise<LabSettings> {
    const { model, training } = await this.#trainer.ask((remote) => remote.recommend(data, engine, size));
    return { data, model, training, engine, size: size ?? "recommended" };
  }

  /** The run as the file that the command line resumes. */
  checkpoint(): Promise<Uint8Array> {
    return this.#trainer.ask((remote) => remote.checkpoint());
  }

  /** The weights of a moment as a file without the state of training. */
  weights(moment: Moment = this.moment): Promise<Uint8Array> {
    return this.#trainer.ask((remote) => (moment === "now" ? remote.weights() : remote.moment(moment)));
  }

  /** Asks the reader about the model it holds. */
  ask: Connection<ReaderAPI>["ask"] = (question) => this.#reader.ask(question);

  /** Gives the reader the weights that shall be looked at, if it holds others. To be called whenever these may have changed. */
  async follow(): Promise<void> {
    const { report } = this;
    if (report === undefined || !this.watching || this.#opening !== undefined) return;
    const step = this.moment === "now" ? report.step : this.moment;
    const wanted = `${this.#runs} ${step}`;
    if (wanted === this.#held) return;
    if (this.moment === "now" && report.phase === "running" && performance.now() - this.#lastOpened < FOLLOW_MS) return;
    this.#lastOpened = performance.now();
    this.#opening = this.#attempt(async () => {
      const bytes = await this.weights();
      this.model = await this.#reader.ask((remote) => remote.open(bytes));
      this.#held = wanted;
      this.step = step;
      this.version++;
    }).then(() => {
      this.#opening = undefined;
    });
    await this.#opening;
  }

  /** Says what went wrong where people look. */
  complain(error: unknown): void {
    this.problem = error instanceof Error ? error.message : String(error);
  }

  #newRun(): void {
    this.#runs++;
    this.moment = "now";
    this.restored = false;
    this.draft = undefined;
    // A view that was opened meanwhile has the model of the run before.
    void this.follow();
  }

  async #attempt(action: () => Promise<unknown>): Promise<boolean> {
    try {
      await action();
      this.problem = undefined;
      return true;
    } catch (error) {
      // A crash has been told already, by whoever noticed it first.
      if (!(error instanceof WorkerCrash)) this.complain(error);
      return false;
    }
  }

  #tell(): (report: Report) => void {
    return proxy((report: Report) => {
      this.report = report;
    });
  }

  #connectTrainer(): Connection<TrainerAPI> {
    return connect<TrainerAPI>("trainer", (why) => {
      this.#trainer = this.#connectTrainer();
      this.problem = why;
      // What was kept is taken up again; what came after the last save is lost, and the message says so.
      void this.#trainer.ask((remote) => remote.open(this.#tell()));
    });
  }

  #connectReader(): Connection<ReaderAPI> {
    return connect<ReaderAPI>("reader", (why) => {
      this.#reader = this.#connectReader();
      this.#held = "";
      this.problem = why;
    });
  }
}

export const [getLab, setLab] = createContext<Lab>();
