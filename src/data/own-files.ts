/** Recognizes files that microgpt itself writes, which may be in the same folder as the text, by their beginning. */

import { modelFormat } from "./signatures.ts";

const BEGIN: readonly (readonly [begins: RegExp, what: string])[] = [
  [/^\{"type":"run","version":\d+,/, "the metrics of a run"],
  [/^\{"type":"start",.*"numParams":/, "the JSON output of a run"],
  [/^\{\s*"type":\s*"sweep",\s*"version":/, "the state of a sweep"],
  [/^\{\s*"format":\s*"microgpt tokens"/, "the description of prepared data"],
];
/** Hugging Face's programs write it like this too. */
const TOKENIZER: readonly RegExp[] = [/"added_tokens"\s*:/, /"(?:pre_tokenizer|normalizer)"\s*:/];
/** Number of bytes looked at. */
const LOOKED_AT = 8192;

/** Describes a file of microgpt's by its beginning; undefined for all others. */
export function ownFile(beginning: Uint8Array): string | undefined {
  const model = modelFormat(beginning);
  if (model !== undefined) return model.got;
  const text = new TextDecoder().decode(beginning.subarray(0, LOOKED_AT)).trimStart();
  if (!text.startsWith("{")) return undefined;
  if (TOKENIZER.every((part) => part.test(text))) return "a tokenizer";
  return BEGIN.find(([begins]) => begins.test(text))?.[1];
}
