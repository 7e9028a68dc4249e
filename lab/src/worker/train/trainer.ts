/** The trainer: owns the run, trains it, stores it, and reports to the page. Runs in a worker of its own. */

import {
  type Corpus,
  decodeCheckpoint,
  type EngineName,
  encodeCheckpoint,
  isFinished,
  MicrogptError,
  type Preset,
  type SizeName,
  startRun,
  trainEach,
} from "microgpt";
import { ARITHMETIC, type DataChoice, type LabSettings, VAL_FRACTION } from "../../settings.ts";
import { momentsUnwanted } from "../../store/moments.ts";
import { type Store, StoreFull } from "../../store/store.ts";
import { readModel } from "../../take/model-bytes.ts";
import { ModelState } from "../model-state.ts";
import { dataFile } from "../take/data.ts";
import { type Content, type Opened, placeAgain, placeModel } from "../take/open.ts";
import { readSaved } from "../take/settings.ts";
import { type Pace, PaceKeeper } from "./pace.ts";
import { recommend } from "./recommend.ts";
import type { Told } from "./report.ts";
import { RunState } from "./run-state.ts";

/** Interval of reports while training, in milliseconds: as fast as an eye can follow. */
const REPORT_MS = 100;
/** Interval of saves while training: the most that a crash may cost. */
const SAVE_MS = 5000;

export interface TrainerOptions {
  readonly store: Store;
  /** The text of a data set of the lab, or the user's own. */
  readonly corpusOf: (data: DataChoice) => Promise<Corpus>;
  readonly tell: (report: Told) => void;
}

export class Trainer {
  readonly #options: TrainerOptions;
  #state: RunState | ModelState | undefined;
  #stop = false;
  #running: Promise<void> | undefined;
  #before: { readonly checkpoint: Uint8Array; readonly settings: LabSettings } | undefined;
  readonly #pace = new PaceKeeper();
  /** The storage error at the opening of the page; shown until the page is reloaded. */
  #trouble: string | undefined;
  #told = 0;
  /** The settings that the page has. */
  #toldSettings: LabSettings | undefined;
  #saved = 0;

  constructor(options: TrainerOptions) {
    this.#options = options;
  }

  /** Restores the run stored on the last visit. @returns true if there is one */
  async restore(): Promise<boolean> {
    const { store } = this.#options;
    try {
      const saved = await store.load();
      if (saved === undefined) return false;
      const settings = readSaved(saved.about);
      const checkpoint = decodeCheckpoint("the saved run", saved.checkpoint, ARITHMETIC);
      const place = await placeAgain(checkpoint, settings, this.#options.corpusOf);
      this.#take(stateOf(place, await store.moments()));
      return true;
    } catch {
      // A complete run, but stored in another version's format.
      await store.setAside();
      return false;
    } finally {
      this.#trouble = store.trouble;
    }
  }

  /** Replaces the run by a new one. Errors: settings out of range, data without variety. */
  async begin(settings: LabSettings): Promise<void> {
    const corpus = await this.#options.corpusOf(settings.data);
    const { model, training, engine, valFraction = VAL_FRACTION } = settings;
    await this.#replace({
      run: startRun(corpus, { model, training, engine, valFraction, ...ARITHMETIC }),
      settings,
      corpus,
    });
  }

  /**
   * Opens a model file; `placeModel` decides what becomes of it. Errors: a file that is too large, those of a
   * checkpoint; the present run then stays.
   */
  async open(file: Blob, name: string, settings: LabSettings): Promise<Opened> {
    const checkpoint = decodeCheckpoint(name, await readModel(file, name), ARITHMETIC);
    const { place, opened } = await placeModel(checkpoint, name, settings, this.#options.corpusOf);
    await this.#replace(place);
    return opened;
  }

  /** Restores the run that the last one replaced. */
  async undo(): Promise<void> {
    const before = this.#before;
    if (before === undefined) return;
    const checkpoint = decodeCheckpoint("the previous run", before.checkpoint, ARITHMETIC);
    await this.#replace(await placeAgain(checkpoint, before.settings, this.#options.corpusOf));
  }

  /** Recommended settings for some data, for a size or the one that suits best. */
  async recommend(data: DataChoice, engine: EngineName, size?: SizeName): Promise<Preset> {
    return recommend(data, await this.#options.corpusOf(data), engine, size);
  }

  /** Trains until `pause` or the end. */
  start(): void {
    this.#haveRun();
    this.#running ??= this.#train(Number.POSITIVE_INFINITY).finally(() => {
      this.#running = undefined;
    });
  }

  /** One step. */
  async step(): Promise<void> {
    await this.pause();
    this.#running = this.#train(1).finally(() => {
      this.#running = undefined;
    });
    await this.#running;
  }

  /** Ends training after the current step; resolves when the run has stopped and is stored. */
  async pause(): Promise<void> {
    this.#stop = true;
    await this.#running;
    this.#stop = false;
  }

  /** Extends the run to another number of steps. */
  async extend(numSteps: number): Promise<void> {
    await this.pause();
    this.#haveRun().extend(numSteps);
    const { store } = this.#options;
    await store.dropMoments(momentsUnwanted(await store.moments(), numSteps));
    this.#report();
  }

  setPace(pace: Pace): void {
    this.#pace.pace = pace;
  }

  /** The current model, without the state of its training. */
  weights(): Uint8Array {
    return this.#have().weights();
  }

  /** The whole current run: a file that the command line can resume. */
  checkpoint(): Uint8Array {
    return encodeCheckpoint(this.#have().checkpoint);
  }

  /** The run's data as a file for the command line. */
  data(): string {
    return dataFile(this.#haveRun().corpus);
  }

  /** The model after a stored step. */
  async moment(step: number): Promise<Uint8Array> {
    const bytes = await this.#options.store.moment(step);
    if (bytes !== undefined) return bytes;
    throw missing("a step whose weights were saved", `${step}`, "choose another moment");
  }

  async #replace(place: Content): Promise<void> {
    // Anything that may refuse the new run comes before the present one is dropped.
    const state = stateOf(place, []);
    await this.pause();
    const before = this.#state;
    // A run without steps can be made again by a click.
    this.#before =
      before === undefined || (before.steps === 0 && before.phase !== "model") || before.phase === "failed"
        ? undefined
        : { checkpoint: encodeCheckpoint(before.checkpoint), settings: before.settings };
    await this.#options.store.clear();
    this.#take(state);
    await this.#keepMoment();
    await this.#save();
    this.#report();
  }

  #take(state: RunState | ModelState): void {
    this.#state?.checkpoint.model.dispose();
    this.#state = state;
    this.#saved = performance.now();
    this.#report();
  }

  #have(): RunState | ModelState {
    if (this.#state !== undefined) return this.#state;
    throw missing("a run", "none yet", "begin one first");
  }

  #haveRun(): RunState {
    const state = this.#have();
    if (state instanceof RunState) return state;
    const fix = "begin a new run on other data, or enter its text as your own and open the model again";
    throw missing("data", "a model whose data is not here", fix);
  }

  async #train(most: number): Promise<void> {
    const state = this.#haveRun();
    if (isFinished(state.run.progress) || state.phase === "failed") return;
    let left = most;
    state.begin();
    this.#report();
    try {
      await trainEach(state.run, (record) => {
        left--;
        state.step(record);
        if (state.threads === 0) void state.noteThreads();
        const done = left === 0 || this.#stop;
        const now = performance.now();
        if (!done && now - this.#told < REPORT_MS && this.#pace.isFull) {
          return state.isMoment ? this.#between(false) : undefined;
        }
        return this.#between(done);
      });
      state.rest();
      state.draw();
      await this.#keepMoment();
      await this.#save();
    } catch (error) {
      state.fail(error);
      if (!(error instanceof MicrogptError)) console.error(error);
    } finally {
      this.#report();
    }
  }

  /** Between two steps. @returns false if training should stop here */
  async #between(done: boolean): Promise<false | undefined> {
    const state = this.#haveRun();
    const begin = performance.now();
    if (state.isMoment) await this.#keepMoment();
    if (state.wantsDrawing(begin)) state.draw();
    if (begin - this.#saved > SAVE_MS) await this.#save();
    state.aside(performance.now() - begin);
    // The last step is reported once it is stored, so that a finished run on the screen survives the tab.
    if (done) return false;
    if (begin - this.#told >= REPORT_MS) this.#report();
    // Pausing must not wait for a slow pace.
    for (let wait = this.#wait(); wait > 0 && !this.#stop; wait = this.#wait()) {
      await new Promise((resolve) => setTimeout(resolve, Math.min(wait, REPORT_MS)));
    }
    return this.#stop ? false : undefined;
  }

  #wait(): number {
    return this.#pace.wait(performance.now(), this.#have().steps);
  }

  async #keepMoment(): Promise<void> {
    const state = this.#have();
    const { store } = this.#options;
    try {
      await store.addMoment(state.steps, state.weights());
      state.moments = await store.moments();
    } catch (error) {
      state.keeping = { kind: "trouble", code: codeOf(error) };
    }
  }

  async #save(): Promise<void> {
    const state = this.#have();
    const { store } = this.#options;
    this.#saved = performance.now();
    try {
      await store.save({ about: { ...state.settings }, checkpoint: encodeCheckpoint(state.checkpoint) });
      // Some may have been dropped for this one, or cleared by the user.
      state.moments = await store.moments();
      state.keeping =
        store.trouble === undefined ? { kind: "kept", step: state.steps } : { kind: "trouble", code: store.trouble };
    } catch (error) {
      state.keeping = { kind: "trouble", code: codeOf(error) };
    }
  }

  #report(): void {
    this.#told = performance.now();
    if (this.#state === undefined) return;
    const { card, ...report } = this.#state.report();
    const { settings, ...known } = card;
    const trouble = this.#trouble === "corrupt" ? { foundDamaged: true } : {};
    this.#options.tell({
      ...report,
      ...trouble,
      card: settings === this.#toldSettings ? known : card,
      canUndo: this.#before !== undefined,
    });
    this.#toldSettings = settings;
  }
}

function stateOf(place: Content, moments: readonly number[]): RunState | ModelState {
  if ("run" in place) return new RunState(place.run, place.settings, place.corpus, moments);
  return new ModelState(place.checkpoint, place.settings, moments);
}

function codeOf(error: unknown): string {
  if (error instanceof StoreFull) return error.code;
  // Weights that are not finite are not saved over those that were.
  return error instanceof MicrogptError ? "diverged" : "failed";
}

function missing(expected: string, got: string, fix: string): MicrogptError {
  return new MicrogptError({ code: "no-data", operation: "lab", expected, got, fix });
}
