/** Looks at the beginning of a source to learn more than its name says. */

import { open } from "node:fs/promises";
import { markupOf } from "../data/markup.ts";
import { ownFile } from "../data/own-files.ts";
import { sectionMark } from "../data/sections.ts";
import { withRecords } from "./json-source.ts";
import type { Source } from "./source.ts";

/** In bytes. */
const LOOKED_AT = 2 ** 16;

export interface Look {
  /** The source with its detected format and a note. */
  readonly source: Source;
  /** The beginning. */
  readonly start: Uint8Array;
  /** Its kind, if microgpt may have written it; it is not data then. */
  readonly own: string | undefined;
}

/**
 * Looks at the beginning of a source. Errors: system errors.
 *
 * @param field the user's name for the field with the text of a record
 * @param inFolder true if the file was not named itself
 */
export async function look(source: Source, field: string | undefined, inFolder: boolean): Promise<Look> {
  const start = await startOf(source);
  const own = ownFile(start);
  if (own !== undefined) return { source, start, own };
  const text = new TextDecoder().decode(start);
  return { source: withSections(withRecords(source, text, field, inFolder), text), start, own };
}

/** Adds to plain text the line that separates the texts of a collection, or a note on its tags. */
function withSections(source: Source, text: string): Source {
  if (source.format !== "text") return source;
  const { name: file } = source;
  const mark = sectionMark(text);
  if (mark !== undefined) {
    const message = `reads ${file} as texts between lines of ${mark}`;
    return { ...source, format: "sections", mark, note: { kind: "sections", values: { file, mark }, message } };
  }
  const markup = markupOf(text);
  if (markup === undefined) return source;
  const advice = "extract it first, for instance: pandoc -t plain";
  const message = `${file} is ${markup}, and its tags are learned with the text; to learn only the text, ${advice}`;
  return { ...source, note: { kind: "markup", values: { file, markup }, message } };
}

async function startOf({ file, bytes = new Uint8Array() }: Source): Promise<Uint8Array> {
  if (file === undefined) return bytes.subarray(0, LOOKED_AT);
  const handle = await open(file.path);
  try {
    const { buffer, bytesRead } = await handle.read(new Uint8Array(LOOKED_AT), 0, LOOKED_AT, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
