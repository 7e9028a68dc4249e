import { randomUUID } from "node:crypto";
import { mkdir, open, readdir, rename, rm, rmdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { MicrogptError } from "../util/errors.ts";
import { codeOf, fileError } from "./file-errors.ts";
import { readFileBytes } from "./read.ts";
import { decodeMeta, META_FILE, MOST_META } from "./token-meta.ts";

/** What prepared data is made of, in the order in which the files get their names: meta.json says that all are there. */
type PreparedFile = "train.bin" | "val.bin" | "tokenizer.json" | "meta.json";
const PREPARED_FILES: readonly PreparedFile[] = ["train.bin", "val.bin", "tokenizer.json", META_FILE];

const TEMPORARY = /^\.(train\.bin|val\.bin|tokenizer\.json|meta\.json)\.[0-9a-f-]{36}\.tmp$/;

/**
 * A folder that prepared data is being written into. Its files have temporary names until all of them are whole; data
 * that was prepared there before stays until then.
 */
export class PreparedFolder {
  readonly path: string;
  readonly #made: boolean;
  readonly #id: string = randomUUID();

  private constructor(path: string, made: boolean) {
    this.path = path;
    this.#made = made;
  }

  /**
   * Makes the folder, or takes one that is empty, holds prepared data, or what an interrupted run left. Errors: a file
   * of that name, a folder with anything else, no place to write to.
   */
  static async claim(path: string): Promise<PreparedFolder> {
    const operation = `output ${path}`;
    try {
      const found = await stat(path).catch(() => undefined);
      if (found === undefined) {
        await mkdir(path);
        return new PreparedFolder(path, true);
      }
      if (!found.isDirectory()) {
        throw new MicrogptError({ operation, expected: "a folder", got: "a file", fix: "name a new folder" });
      }
      const names = await readdir(path);
      const left = names.filter((name) => TEMPORARY.test(name));
      if (names.length > left.length && left.length === 0 && !(await isPrepared(path))) {
        const got = "one with other files in it";
        const fix = "name a folder that is not there yet";
        throw new MicrogptError({ operation, expected: "a folder for prepared data alone", got, fix });
      }
      for (const name of left) await rm(join(path, name));
      const folder = new PreparedFolder(path, false);
      await (await open(folder.temporary(META_FILE), "wx")).close();
      return folder;
    } catch (error) {
      const missing = codeOf(error) === "ENOENT";
      throw fileError(operation, missing ? "a place in an existing folder" : "a place to write to", error);
    }
  }

  /** Where a file is until all are whole. */
  temporary(file: PreparedFile): string {
    return join(this.path, `.${file}.${this.#id}.tmp`);
  }

  /** Gives the files their names. Until the last has its own, there is no meta.json, so that no mixture looks whole. */
  async commit(): Promise<void> {
    await rm(join(this.path, META_FILE), { force: true });
    for (const file of PREPARED_FILES) await rename(this.temporary(file), join(this.path, file));
  }

  /** Leaves things as they were found. */
  async abandon(): Promise<void> {
    for (const file of PREPARED_FILES) await rm(this.temporary(file), { force: true });
    if (this.#made) await rmdir(this.path).catch(() => undefined);
  }
}

/** Whether a folder holds data of ours. */
async function isPrepared(path: string): Promise<boolean> {
  const file = join(path, META_FILE);
  try {
    decodeMeta(file, new TextDecoder().decode(await readFileBytes(`data ${file}`, file, MOST_META)));
    return true;
  } catch (error) {
    if (error instanceof MicrogptError) return false;
    throw error;
  }
}
