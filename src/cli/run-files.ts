/** What a run keeps on the disk: its last state, its best one, and what it has to say. */

import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bestOf, MicrogptError, type Run } from "../index.ts";
import { saveCheckpoint } from "../node.ts";

/** `best` of model.safetensors is model.best.safetensors, its metrics are in model.metrics.jsonl. */
export function besides(out: string, what: string): string {
  return `${out.replace(/\.safetensors$/, "")}.${what}`;
}

/** Saves a run now and then, and never lets that end the run. */
export class RunKeeper {
  readonly path: string;
  readonly #every: number | undefined;
  readonly #warn: (text: string) => void;
  /** The step whose model each file holds. */
  readonly #steps = new Map<string, number>();
  /** Whether a minute has passed: a clock that is asked after every step would cost small models more than the rest. */
  #minuteOver = false;
  #failed = false;

  /**
   * @param every steps from one save to the next; default once a minute
   * @param warn is told, once in a row, when the disk does not take it
   */
  constructor(path: string, every: number | undefined, warn: (text: string) => void) {
    this.path = path;
    this.#every = every;
    this.#warn = warn;
    setInterval(() => {
      this.#minuteOver = true;
    }, SAVE_MS).unref();
  }

  get bestPath(): string {
    return besides(this.path, "best.safetensors");
  }

  /** Takes note of the files of a run that goes on where it was saved. */
  foundRun({ progress: { losses, evaluations } }: Run): void {
    this.#steps.set(this.path, losses.length);
    const best = bestOf(evaluations);
    if (best !== undefined && existsSync(this.bestPath)) this.#steps.set(this.bestPath, best.step);
  }

  /** The step whose model is in a file; undefined where nothing was saved of this run. */
  stepIn(path: string): number | undefined {
    return this.#steps.get(path);
  }

  /** Whether it is time to save after a step. */
  due(step: number): boolean {
    return this.#every === undefined ? this.#minuteOver : step % this.#every === 0;
  }

  /** Saves on the way. A disk that is full now may have room later: the run goes on, and what was saved before stays. */
  async save(run: Run, path: string = this.path): Promise<boolean> {
    try {
      await this.#write(path, run);
      this.#failed = false;
      return true;
    } catch (error) {
      if (!(error instanceof MicrogptError)) throw error;
      if (!this.#failed) this.#warn(`${error.message} (training goes on, and will try again)`);
      this.#failed = true;
      return false;
    } finally {
      // The best one is saved besides, not instead.
      if (path === this.path) this.#minuteOver = false;
    }
  }

  /** Saves at the end, or, if the disk is full now, saves where temporary files go and says so in the error. */
  async saveForGood(run: Run, path: string = this.path): Promise<void> {
    try {
      await this.#write(path, run);
    } catch (error) {
      const refuge = join(tmpdir(), `microgpt-${process.pid}.safetensors`);
      const saved = await saveCheckpoint(refuge, run).then(
        () => true,
        () => false,
      );
      if (!saved || !(error instanceof MicrogptError)) throw error;
      throw new MicrogptError({ ...error.complaint, fix: `the model is in ${refuge}: move it to where there is room` });
    }
  }

  async #write(path: string, run: Run): Promise<void> {
    await saveCheckpoint(path, run);
    this.#steps.set(path, run.progress.losses.length);
  }
}

const SAVE_MS = 60_000;
