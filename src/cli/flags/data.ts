/** The flags for reading text, shared by all commands that do. */

import { DATA_MODES, type DataMode, TOKENIZER_KINDS, type Tokenizer, type TokenizerKind } from "../../index.ts";
import { loadTokenizer } from "../../node.ts";
import { among, asTyped, atLeast, type Row } from "./row.ts";
import { usage } from "./usage.ts";

export const TEXT_FLAGS: readonly Row[] = [
  ["mode <name>", "documents, one a line, or stream, running text (default: detected)", among(DATA_MODES)],
  ["field <name>", "the field of .jsonl and .json records with the text (default: text, or a chat)", asTyped],
  [
    "column <name>",
    "the column of .csv and .tsv files with the text, by title or number (default: the only one, or text)",
    asTyped,
  ],
];

/** Their values as typed. */
export interface TextFlags {
  readonly mode?: DataMode;
  readonly field?: string;
  readonly column?: string;
}

export const TOKENIZER_FLAGS: readonly Row[] = [
  [
    "tokenizer <kind>",
    "char, byte, bpe (trained on the text), or a tokenizer.json, whose ids are kept (default: char)",
    asTyped,
  ],
  ["vocab_size <n>", "most tokens that bpe may have (default: 512)", atLeast(258)],
];

/** Their values as typed. */
export interface TokenizerChoice {
  readonly tokenizer?: string;
  readonly vocab_size?: number;
}

/** The requested tokenizer, read if it is a file, and the size of a tokenizer to train. */
export async function chosenTokenizer(flags: TokenizerChoice): Promise<{
  readonly tokenizer: TokenizerKind | Tokenizer;
  readonly vocabSize?: number;
}> {
  const { tokenizer: typed = "char", vocab_size: vocabSize } = flags;
  const kind = TOKENIZER_KINDS.find((name) => name === typed);
  if (vocabSize !== undefined && kind !== "bpe") {
    throw usage("--vocab_size with --tokenizer bpe only", `--tokenizer ${typed}`, "leave it out, or use bpe");
  }
  if (kind === undefined && !/[./\\]/.test(typed)) {
    const expected = `--tokenizer to be one of ${TOKENIZER_KINDS.join(", ")}, or a tokenizer.json`;
    throw usage(expected, JSON.stringify(typed), "pick one of them");
  }
  const tokenizer = kind ?? (await loadTokenizer(typed));
  return vocabSize === undefined ? { tokenizer } : { tokenizer, vocabSize };
}
