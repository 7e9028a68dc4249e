import { open } from "node:fs/promises";
import { jsonShape } from "../data/json-shape.ts";
import type { Source } from "./sources.ts";

/** What is looked at to find records, in bytes. */
const LOOKED_AT = 2 ** 16;

/**
 * A .json file as records if that is what it holds (`jsonShape`); settings, grammars and the like stay text. A source of
 * another name is given back as it is. Errors: what the system says.
 *
 * @param field what the user says holds the text: then it is records in any case, but in a folder
 * @param inFolder true if nobody named the file: only what surely are records is taken for some
 */
export async function withRecords(source: Source, field: string | undefined, inFolder: boolean): Promise<Source> {
  if (!source.name.toLowerCase().endsWith(".json")) return source;
  if (field !== undefined && !inFolder) return { ...source, format: "json" };
  const shape = jsonShape(new TextDecoder().decode(await startOf(source)), field);
  if (shape !== undefined && (shape.fits || !inFolder)) return { ...source, format: "json" };
  const note = `reads ${source.name} as plain text, brackets included: it is no list of records`;
  return { ...source, format: "text", ...(!inFolder && { note }) };
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
