/**
 * A folder of prepared data, and the atomic switch from old data to new. The new files are written beside the old ones,
 * under temporary names that share an id, and flushed. The switch is the renaming of meta.json, which contains the id:
 * from then on the files of that id count, even under their temporary names until each is renamed. At any moment, and
 * after a kill at any point, the folder holds all of the old data or all of the new.
 */

import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, open, readdir, rename, rm, rmdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { MicrogptError, mistake } from "../util/errors.ts";
import { flushFolder } from "./atomic-write.ts";
import { type Claim, claim } from "./claim.ts";
import { codeOf, fileError } from "./file-errors.ts";
import { readFileBytes } from "./read.ts";
import { decodeMeta, META_FILE, MOST_META, type TokenMeta } from "./token-meta.ts";

/** The files that meta.json describes. */
const PARTS = ["train.bin", "val.bin", "tokenizer.json"] as const;
type Part = (typeof PARTS)[number];

const TEMPORARY = /^\.(train\.bin|val\.bin|tokenizer\.json|meta\.json)\.[0-9a-f-]{36}\.tmp$/;
const CLAIM = /^\.meta\.json\.claim(\.[0-9a-f-]{36})*$/;

/** The current content of a folder of prepared data. */
export interface PreparedState {
  readonly meta: TokenMeta;
  /** The current path of each of its files. */
  readonly paths: { readonly [P in Part]: string };
}

/** Errors: no meta.json, or one that `prepare` has not written. */
export async function readPrepared(folder: string): Promise<PreparedState> {
  const path = join(folder, META_FILE);
  const meta = decodeMeta(path, new TextDecoder().decode(await readFileBytes(`data ${path}`, path, MOST_META)));
  const pathOf = (part: Part): string => {
    const waiting = meta.id === undefined ? undefined : temporaryPath(folder, part, meta.id);
    return waiting !== undefined && existsSync(waiting) ? waiting : join(folder, part);
  };
  return {
    meta,
    paths: {
      "train.bin": pathOf("train.bin"),
      "val.bin": pathOf("val.bin"),
      "tokenizer.json": pathOf("tokenizer.json"),
    },
  };
}

/** A folder that this process alone writes prepared data into. */
export class PreparedFolder {
  readonly path: string;
  /** The id of the new data. */
  readonly id: string = randomUUID();
  readonly #made: boolean;
  readonly #claim: Claim;
  #switched = false;

  private constructor(path: string, made: boolean, claimed: Claim) {
    this.path = path;
    this.#made = made;
    this.#claim = claimed;
  }

  /**
   * Creates the folder, or takes one that is empty, holds prepared data, or was left by a killed process, whose files
   * are removed or, after the switch, renamed. Errors: a file of that name, a folder with anything else, one that
   * another process is writing to, no write permission.
   */
  static async claim(path: string): Promise<PreparedFolder> {
    const operation = `output ${path}`;
    try {
      const found = await stat(path).catch(() => undefined);
      if (found === undefined) await mkdir(path);
      else if (!found.isDirectory()) {
        throw mistake("file-kind", operation, "a folder", "a file", "name a new folder");
      } else await checkOurs(operation, path);
      const fix = "wait for it to end, or name another folder";
      const claimed = await claim(join(path, META_FILE), { operation, fix });
      const folder = new PreparedFolder(path, found === undefined, claimed);
      try {
        await folder.#clean();
        await (await open(folder.temporary(META_FILE), "wx")).close();
      } catch (error) {
        await folder.abandon();
        throw error;
      }
      return folder;
    } catch (error) {
      const missing = codeOf(error) === "ENOENT";
      throw fileError(operation, missing ? "a place in an existing folder" : "a place to write to", error);
    }
  }

  /** The path of a file until all are complete. */
  temporary(file: Part | typeof META_FILE): string {
    return temporaryPath(this.path, file, this.id);
  }

  /** Writes a small file under its temporary name, and flushes it to the disk. */
  async write(file: "tokenizer.json" | typeof META_FILE, text: string): Promise<void> {
    // The file for meta.json was created by `claim`, to test for write permission.
    const handle = await open(this.temporary(file), file === META_FILE ? "w" : "wx");
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  /** Replaces the old data with the new. All files must have been written. Errors: those of the disk; a lost claim. */
  async commit(): Promise<void> {
    if (!this.#claim.held) {
      const fix = "run this again when the other has ended";
      const got = "another process, which took over while this one was paused";
      throw mistake("file-busy", `output ${this.path}`, "its own claim to this folder", got, fix);
    }
    // Each rename must be on the disk before the next step depends on it.
    await flushFolder(this.path);
    await rename(this.temporary(META_FILE), join(this.path, META_FILE));
    this.#switched = true;
    await flushFolder(this.path);
    await finish(this.path, this.id);
    this.#claim.release();
  }

  /** Restores the previous state, or keeps the new data if it was committed. */
  async abandon(): Promise<void> {
    try {
      if (this.#switched) return;
      for (const file of [...PARTS, META_FILE] as const) await rm(this.temporary(file), { force: true });
    } finally {
      this.#claim.release();
    }
    if (this.#made) await rmdir(this.path).catch(() => undefined);
  }

  /**
   * Finishes the last switch and removes leftovers of other processes, which must be dead, since the folder is claimed.
   */
  async #clean(): Promise<void> {
    const state = await readPrepared(this.path).catch(unlessOurs);
    if (state?.meta.id !== undefined) await finish(this.path, state.meta.id);
    for (const name of await readdir(this.path)) if (TEMPORARY.test(name)) await rm(join(this.path, name));
  }
}

/** Renames the current files to their final names. */
async function finish(folder: string, id: string): Promise<void> {
  for (const part of PARTS) {
    const waiting = temporaryPath(folder, part, id);
    if (existsSync(waiting)) await rename(waiting, join(folder, part));
  }
}

function temporaryPath(folder: string, file: Part | typeof META_FILE, id: string): string {
  return join(folder, `.${file}.${id}.tmp`);
}

/** Errors: a folder that holds anything but prepared data and leftovers of a killed process. */
async function checkOurs(operation: string, path: string): Promise<void> {
  const names = (await readdir(path)).filter((name) => !CLAIM.test(name));
  if (names.length === 0 || names.some((name) => TEMPORARY.test(name))) return;
  if ((await readPrepared(path).catch(unlessOurs)) !== undefined) return;
  const got = "one with other files in it";
  const fix = "name a new folder";
  throw mistake("file-exists", operation, "a folder for prepared data alone", got, fix);
}

/** A folder without data, or with a foreign meta.json, has no state. */
function unlessOurs(error: unknown): undefined {
  if (!(error instanceof MicrogptError)) throw error;
}
