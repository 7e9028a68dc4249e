import type { Tokenizer } from "../data/tokenizer.ts";
import type { TokenData } from "../data/tokens.ts";
import { crc32, hex32 } from "../util/crc32.ts";
import type { TokenFile } from "./token-file.ts";
import type { TokenMeta } from "./token-meta.ts";

/** A folder of prepared tokens, open for reading. */
export interface TokenFiles extends TokenData {
  readonly tokenizer: Tokenizer;
  readonly meta: TokenMeta;
  /** Closes the files; they cannot be read afterwards. */
  dispose(): void;
}

/** Token files with the operations that only this room uses. */
export interface OpenFiles extends TokenFiles {
  readonly train: TokenFile;
  readonly val: TokenFile;
}

/** Both parts as one. */
export function tokenFiles(
  name: string,
  meta: TokenMeta,
  tokenizer: Tokenizer,
  train: TokenFile,
  val: TokenFile,
): OpenFiles {
  const crc = crc32(new TextEncoder().encode(meta.train.crc32 + meta.val.crc32));
  const [trainBytes, valBytes] = [meta.train.bytes, meta.val.bytes];
  const dispose = (): void => {
    train.dispose();
    val.dispose();
  };
  return { name, mode: meta.mode, train, val, trainBytes, valBytes, crc32: hex32(crc), tokenizer, meta, dispose };
}
