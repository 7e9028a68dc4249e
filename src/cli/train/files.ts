/** What a run keeps on the disk: its last state, its best one, and what it has to say. */

import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { bestOf, MicrogptError, type Run } from "../../index.ts";
import { saveCheckpoint } from "../../node.ts";
import { besides, type RunOutput } from "./output.ts";

/** Saves a run now and then, and never lets that end the run. */
export class RunKeeper {
  readonly #output: RunOutput;
  readonly #every: number | undefined;
  readonly #warn: (text: string) => void;
  /** The step whose model each file holds. */
  readonly #steps = new Map<string, number>();
  /** Whether a minute has passed: a clock that is asked after every step would cost small models more than the rest. */
  #minuteOver = false;
  #failed = false;

  /**
   * @param output the names that are this run's
   * @param every steps from one save to the next; default once a minute
   * @param warn is told, once in a row, when the disk does not take it
   */
  constructor(output: RunOutput, every: number | undefined, warn: (text: string) => void) {
    this.#output = output;
    this.#every = every;
    this.#warn = warn;
    setInterval(() => {
      this.#minuteOver = true;
    }, SAVE_MS).unref();
  }

  get path(): string {
    return this.#output.path;
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
      const refuge = await saveElsewhere(basename(path), run);
      if (refuge === undefined || !(error instanceof MicrogptError)) throw error;
      throw new MicrogptError({ ...error.complaint, fix: `the model is in ${refuge}: move it to where there is room` });
    }
  }

  async #write(path: string, run: Run): Promise<void> {
    if (!this.#output.held) {
      throw new MicrogptError({
        operation: `save ${path}`,
        expected: "the name that this run claimed",
        got: "another process that took it, after minutes without a sign of this one",
        fix: "stop one of the two",
      });
    }
    await saveCheckpoint(path, run);
    this.#steps.set(path, run.progress.losses.length);
  }
}

/**
 * Saves where temporary files go, in a new folder that is this user's alone and has a name that nobody knows before: a link
 * that waits under a known name would lead elsewhere. Gives the path, or undefined if that cannot be written either.
 */
async function saveElsewhere(name: string, run: Run): Promise<string | undefined> {
  let folder: string | undefined;
  try {
    folder = await mkdtemp(join(tmpdir(), "microgpt-"));
    const refuge = join(folder, name);
    await saveCheckpoint(refuge, run);
    return refuge;
  } catch {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true }).catch(() => undefined);
    return undefined;
  }
}

const SAVE_MS = 60_000;
