/** Reads prepared tokens from the disk window by window. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { mistake } from "../util/errors.ts";
import { openNanoGPT } from "./nanogpt-folder.ts";
import { type PreparedState, readPrepared } from "./prepared-folder.ts";
import { TokenFile } from "./token-file.ts";
import { type OpenFiles, type TokenFiles, tokenFiles } from "./token-folder.ts";
import { META_FILE } from "./token-meta.ts";
import { loadTokenizer } from "./tokenizer-file.ts";

export interface OpenOptions {
  /**
   * The files are checked against their CRC-32 if they have no more bytes together. Default 256 MiB, which takes 0.2
   * seconds; Infinity for a run that must get exactly the same data.
   */
  readonly checkedBytes?: number;
}

/**
 * Opens a folder that `prepare` has written. Only the requested window is read, so memory does not depend on the size
 * of the files; the opened data stays the same if the folder is prepared again. A folder of characters from nanoGPT's
 * prepare.py works as well, see `openNanoGPT`. Errors: any other folder, a missing file, a size or CRC-32 that differs
 * from the recorded one, a tokenizer of another vocabulary.
 */
export async function openTokens(folder: string, options: OpenOptions = {}): Promise<TokenFiles> {
  if (!existsSync(join(folder, META_FILE))) return openNanoGPT(folder);
  for (;;) {
    const state = await readPrepared(folder);
    const opened = await openState(folder, state).catch((error: unknown) => ({ error }));
    // If it was prepared again meanwhile, some of the files may belong to the old data.
    const now = await readPrepared(folder).catch(() => undefined);
    if (!isDeepStrictEqual(now, state)) {
      if ("dispose" in opened) opened.dispose();
      continue;
    }
    if ("error" in opened) throw opened.error;
    try {
      const { train, val, meta } = opened;
      if (train.size + val.size <= (options.checkedBytes ?? CHECKED_BYTES)) {
        await train.check(meta.train.crc32);
        await val.check(meta.val.crc32);
      }
      return opened;
    } catch (error) {
      opened.dispose();
      throw error;
    }
  }
}

const CHECKED_BYTES = 2 ** 28;

async function openState(folder: string, { meta, paths }: PreparedState): Promise<OpenFiles> {
  const tokenizer = await loadTokenizer(paths["tokenizer.json"]);
  if (tokenizer.vocabSize !== meta.vocabSize) {
    const got = `${tokenizer.vocabSize} in its tokenizer.json`;
    const fix = "restore the tokenizer.json that was written with the tokens, or prepare again";
    throw mistake("data-changed", `data ${folder}`, `${meta.vocabSize} tokens`, got, fix);
  }
  const train = new TokenFile(paths["train.bin"], meta, meta.train.tokens);
  try {
    return tokenFiles(folder, meta, tokenizer, train, new TokenFile(paths["val.bin"], meta, meta.val.tokens));
  } catch (error) {
    train.dispose();
    throw error;
  }
}

/** True if a path is a folder with token files in it. */
export function isPrepared(path: string): boolean {
  return existsSync(join(path, META_FILE)) || existsSync(join(path, "train.bin"));
}
