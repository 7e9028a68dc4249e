import { jsonShape } from "../data/json-shape.ts";
import type { Source } from "./source.ts";

/**
 * Treats a .json file as records if it holds records (`jsonShape`); settings, grammars and the like stay text. A source
 * with another name is returned unchanged.
 *
 * @param start the beginning of its content
 * @param field the user's name for the field with the text; outside a folder it forces records
 * @param inFolder true if the file was not named itself: then only clear cases count as records
 */
export function withRecords(source: Source, start: string, field: string | undefined, inFolder: boolean): Source {
  if (!source.name.toLowerCase().endsWith(".json")) return source;
  if (field !== undefined && !inFolder) return { ...source, format: "json" };
  const shape = jsonShape(start, field);
  if (shape !== undefined && (shape.fits || !inFolder)) return { ...source, format: "json" };
  const message = `reads ${source.name} as plain text, brackets included: it is not a list of records`;
  return {
    ...source,
    format: "text",
    ...(!inFolder && { note: { kind: "text", values: { file: source.name }, message } }),
  };
}
