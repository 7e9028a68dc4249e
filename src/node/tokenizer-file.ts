import { toHuggingFace } from "../data/huggingface-export.ts";
import { fromHuggingFace } from "../data/huggingface-import.ts";
import type { Tokenizer } from "../data/tokenizer.ts";
import { tokenizerFromJSON } from "../data/tokenizers.ts";
import { isRecord } from "../util/checks.ts";
import { MicrogptError } from "../util/errors.ts";
import { writeAtomically } from "./atomic-write.ts";
import { readFileBytes } from "./read.ts";

/** Writes a tokenizer as a Hugging Face tokenizer.json in the form of `toHuggingFace`. Atomic. */
export async function saveTokenizer(path: string, tokenizer: Tokenizer): Promise<void> {
  const text = `${JSON.stringify(toHuggingFace(tokenizer), null, 1)}\n`;
  await writeAtomically(path, new TextEncoder().encode(text));
}

/**
 * Reads a tokenizer.json, either ours or another like GPT-2's or GPT-4's (see `fromHuggingFace`), or the JSON in a
 * checkpoint. Errors: a file that is unreadable, not JSON, or needs unsupported features.
 */
export async function loadTokenizer(path: string): Promise<Tokenizer> {
  const operation = `tokenizer ${path}`;
  const bytes = await readFileBytes(operation, path);
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    const fix = "name a Hugging Face tokenizer.json";
    throw new MicrogptError(
      { code: "file-format", operation, expected: "a JSON file", got: "something else", fix },
      { cause },
    );
  }
  try {
    // Ours has its type at the top, Hugging Face's inside a model.
    const ours = isRecord(json) && "type" in json && !("model" in json);
    return ours ? tokenizerFromJSON(json) : fromHuggingFace(json);
  } catch (error) {
    if (!(error instanceof MicrogptError)) throw error;
    throw new MicrogptError({ ...error.complaint, operation }, { cause: error });
  }
}
