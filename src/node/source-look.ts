/** What the beginning of a source shows of it, beyond its name. */

import { open } from "node:fs/promises";
import { markupOf } from "../data/markup.ts";
import { ownFile } from "../data/own-files.ts";
import { sectionMark } from "../data/sections.ts";
import { withRecords } from "./json-source.ts";
import type { Source } from "./sources.ts";

/** In bytes. */
const LOOKED_AT = 2 ** 16;

export interface Look {
  /** With the format that it turned out to have, and a note. */
  readonly source: Source;
  /** The beginning. */
  readonly start: Uint8Array;
  /** What it is, if microgpt may have written it: no data. */
  readonly own: string | undefined;
}

/**
 * Looks at the beginning of a source. Errors: what the system says.
 *
 * @param field what the user says holds the text of a record
 * @param inFolder true if nobody named the file
 */
export async function look(source: Source, field: string | undefined, inFolder: boolean): Promise<Look> {
  const start = await startOf(source);
  const own = ownFile(start);
  if (own !== undefined) return { source, start, own };
  const text = new TextDecoder().decode(start);
  return { source: withSections(withRecords(source, text, field, inFolder), text), start, own };
}

/** Of plain text, the line that parts the texts of a collection, or a note on its tags. */
function withSections(source: Source, text: string): Source {
  if (source.format !== "text") return source;
  const mark = sectionMark(text);
  if (mark !== undefined) {
    const note = { kind: "sections", text: `takes what is between lines of ${mark} in ${source.name} for a text each` };
    return { ...source, format: "sections", mark, note };
  }
  const markup = markupOf(text);
  if (markup === undefined) return source;
  const advice = "take the text out first, for instance: pandoc -t plain";
  const note = `${source.name} is ${markup}, and its tags are learned with the text; to learn the text alone, ${advice}`;
  return { ...source, note: { kind: "markup", text: note } };
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
