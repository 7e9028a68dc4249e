import { jsonShape } from "../data/json-shape.ts";
import type { Source } from "./sources.ts";

/**
 * A .json file as records if that is what it holds (`jsonShape`); settings, grammars and the like stay text. A source of
 * another name is given back as it is.
 *
 * @param start the beginning of what is in it
 * @param field what the user says holds the text: then it is records in any case, but in a folder
 * @param inFolder true if nobody named the file: only what surely are records is taken for some
 */
export function withRecords(source: Source, start: string, field: string | undefined, inFolder: boolean): Source {
  if (!source.name.toLowerCase().endsWith(".json")) return source;
  if (field !== undefined && !inFolder) return { ...source, format: "json" };
  const shape = jsonShape(start, field);
  if (shape !== undefined && (shape.fits || !inFolder)) return { ...source, format: "json" };
  const text = `reads ${source.name} as plain text, brackets included: it is no list of records`;
  return { ...source, format: "text", ...(!inFolder && { note: { kind: "json", text } }) };
}
