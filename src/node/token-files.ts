/** Prepared tokens, read from the disk window by window. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { MicrogptError } from "../util/errors.ts";
import { openNanoGPT } from "./nanogpt-folder.ts";
import { type PreparedState, readPrepared } from "./prepared-folder.ts";
import { TokenFile } from "./token-file.ts";
import { type OpenFiles, type TokenFiles, tokenFiles } from "./token-folder.ts";
import { META_FILE } from "./token-meta.ts";
import { loadTokenizer } from "./tokenizer-file.ts";

export interface OpenOptions {
  /**
   * The files are compared with their CRC-32 if they have no more bytes together. Default 256 MiB, which takes a fifth of a
   * second; Infinity for a run that must have the very same data.
   */
  readonly checkedBytes?: number;
}

/**
 * Opens what `prepare` has written. Only the window that is asked for is read, so memory does not depend on the size of
 * the files; what was opened stays as it is when the folder is prepared again. A folder that nanoGPT's prepare.py has
 * written for characters is opened as well, see `openNanoGPT`. Errors: a folder that `prepare` has not
 * written, a missing file, one of another size or CRC-32 than it was written with, a tokenizer of another vocabulary.
 */
export async function openTokens(folder: string, options: OpenOptions = {}): Promise<TokenFiles> {
  if (!existsSync(join(folder, META_FILE))) return openNanoGPT(folder);
  for (;;) {
    const state = await readPrepared(folder);
    const opened = await openState(folder, state).catch((error: unknown) => ({ error }));
    // Prepared again meanwhile: some of the files may be of the old data.
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
    const fix = "put back the tokenizer.json that was written with the tokens, or prepare again";
    throw new MicrogptError({ operation: `data ${folder}`, expected: `${meta.vocabSize} tokens`, got, fix });
  }
  const train = new TokenFile(paths["train.bin"], meta, meta.train.tokens);
  try {
    return tokenFiles(folder, meta, tokenizer, train, new TokenFile(paths["val.bin"], meta, meta.val.tokens));
  } catch (error) {
    train.dispose();
    throw error;
  }
}

/** Whether a path is a folder with token files in it. */
export function isPrepared(path: string): boolean {
  return existsSync(join(path, META_FILE)) || existsSync(join(path, "train.bin"));
}
