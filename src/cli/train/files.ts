/** A run's files: its last state, its best one, and its metrics. */

import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { bestOf, MicrogptError, type Run } from "../../index.ts";
import { saveCheckpoint } from "../../node.ts";
import { explain } from "../words.ts";
import { besides, type RunOutput } from "./output.ts";

/** Saves a run from time to time; a failure never ends the run. */
export class RunKeeper {
  readonly #output: RunOutput;
  readonly #every: number | undefined;
  readonly #warn: (text: string) => void;
  /** The step of the model in each file. */
  readonly #steps = new Map<string, number>();
  /** True once a minute has passed; asking the clock after every step would dominate the time of small models. */
  #minuteOver = false;
  #failed = false;

  /**
   * @param output the claimed names of this run
   * @param every steps between two saves; default once a minute
   * @param warn called once for consecutive failures to write
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

  /** Records the files of a run that resumes from where it was saved. */
  foundRun({ progress: { losses, evaluations } }: Run): void {
    this.#steps.set(this.path, losses.length);
    const best = bestOf(evaluations);
    if (best !== undefined && existsSync(this.bestPath)) this.#steps.set(this.bestPath, best.step);
  }

  /** The step of the model in a file; undefined if this run saved nothing there. */
  stepIn(path: string): number | undefined {
    return this.#steps.get(path);
  }

  /** True if it is time to save after a step. */
  due(step: number): boolean {
    return this.#every === undefined ? this.#minuteOver : step % this.#every === 0;
  }

  /**
   * Saves during the run. A disk that is full now may have space later: the run continues, and the previous save stays.
   */
  async save(run: Run, path: string = this.path): Promise<boolean> {
    try {
      await this.#write(path, run);
      this.#failed = false;
      return true;
    } catch (error) {
      if (!(error instanceof MicrogptError)) throw error;
      if (!this.#failed) this.#warn(`${explain(error)} (training continues and will try again)`);
      this.#failed = true;
      return false;
    } finally {
      // The best one is saved in addition, not instead.
      if (path === this.path) this.#minuteOver = false;
    }
  }

  /** Saves at the end. If the disk is full, saves to the folder for temporary files and names that in the error. */
  async saveForGood(run: Run, path: string = this.path): Promise<void> {
    try {
      await this.#write(path, run);
    } catch (error) {
      const refuge = await saveElsewhere(basename(path), run);
      if (refuge === undefined || !(error instanceof MicrogptError)) throw error;
      throw new MicrogptError({
        ...error.complaint,
        fix: `the model was saved as ${refuge} instead: move it to a disk with space`,
      });
    }
  }

  async #write(path: string, run: Run): Promise<void> {
    if (!this.#output.held) {
      throw new MicrogptError({
        code: "file-busy",
        operation: `save ${path}`,
        expected: "its own claim to this name",
        got: "another process, which took over after minutes without a sign of this one",
        fix: "stop one of the two",
      });
    }
    await saveCheckpoint(path, run);
    this.#steps.set(path, run.progress.losses.length);
  }
}

/**
 * Saves to a new temporary folder that is private to this user and has an unpredictable name, because a link planted
 * under a known name could redirect the write. Returns the path, or undefined if that cannot be written either.
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
