/** Finds the files behind a user's paths and their formats. */

import type { Stats } from "node:fs";
import { open, readdir, stat } from "node:fs/promises";
import { extname, join } from "node:path";
import { decodeText, Utf8Reader } from "../data/decode-text.ts";
import { MicrogptError, mistake } from "../util/errors.ts";
import { command, say, set } from "../util/words.ts";
import { fileError } from "./file-errors.ts";
import { readStream } from "./read.ts";
import type { Format, Source } from "./source.ts";
import { type Look, look } from "./source-look.ts";

export interface Sources {
  /** The paths, joined for display. */
  readonly name: string;
  readonly files: readonly Source[];
  /** Files in folders that were skipped. */
  readonly skipped: Skipped;
}

export interface Skipped {
  /** Models, metrics, sweeps and the like. */
  readonly own: number;
  /** Files that are not UTF-8 text, or a minority beside the formats above. */
  readonly other: number;
}

export interface RecordFlags {
  /** For JSON, the field that holds the text. Default: text, or the chat in messages or conversations. */
  readonly field?: string;
  /**
   * For CSV and TSV, the title or number (from 1) of the column that holds the text. Default: the only one, or text.
   */
  readonly column?: string;
}

const BY_EXTENSION: { readonly [extension: string]: Format } = {
  ".txt": "text",
  ".md": "text",
  ".jsonl": "jsonl",
  ".ndjson": "jsonl",
  ".csv": "csv",
  ".tsv": "tsv",
};

/**
 * The files behind paths: `-` is standard input, and a folder means the text files in it and in its subfolders,
 * sorted by name, without hidden ones, node_modules and microgpt's own output. If .txt, .md, .jsonl, .ndjson, .csv and
 * .tsv files, and .json files of records, make up at least half of a folder's bytes, only they are taken; otherwise all
 * UTF-8 text is, since a folder of source code also has a text file here and there. Errors: no such file, a device, a
 * folder without text, a file that microgpt wrote, `field` without a file of JSON records, `column` without CSV.
 */
export async function findSources(paths: readonly string[], flags: RecordFlags = {}): Promise<Sources> {
  const name = paths.map((path) => (path === "-" ? "standard input" : path)).join(", ");
  const files: Source[] = [];
  let [own, other] = [0, 0];
  for (const path of paths) {
    if (path === "-") {
      files.push(await named(await readPipe("standard input", path, process.stdin, flags), flags));
      continue;
    }
    const operation = `data ${path}`;
    const found = await stat(path).catch((error: unknown) => {
      throw fileError(operation, "a file or folder that can be read", error);
    });
    if (found.isDirectory()) {
      const inFolder = await searchFolder(path, flags);
      files.push(...inFolder.files);
      own += inFolder.skipped.own;
      other += inFolder.skipped.other;
    } else if (found.isFile()) files.push(await named(fileSource(path, found, flags), flags));
    else if (found.isFIFO()) {
      files.push(await named(await readPipe(path, path, (await open(path)).createReadStream(), flags), flags));
    } else {
      const fix = "name a file, or - for standard input";
      throw mistake("file-kind", operation, "a file or folder", "a device", fix);
    }
  }
  checkUse("field", flags.field, "a .jsonl, .ndjson or .json file", name, () => files.some(is("jsonl", "json")));
  checkUse("column", flags.column, "a .csv or .tsv file", name, () => files.some(is("csv", "tsv")));
  return { name, files, skipped: { own, other } };
}

/** A file that the user names is data, unless microgpt wrote it. */
async function named(found: Source, { field }: RecordFlags): Promise<Source> {
  const operation = `data ${found.name}`;
  const { source, own } = await look(found, field, false).catch((error: unknown) => {
    throw fileError(operation, "a file that can be read", error);
  });
  if (own === undefined) return source;
  throw mistake("file-kind", operation, "text to learn from", own, "name the text itself");
}

const is =
  (...formats: readonly Format[]) =>
  ({ format }: Source): boolean =>
    formats.includes(format);

function checkUse(
  field: "field" | "column",
  value: string | undefined,
  expected: string,
  name: string,
  used: () => boolean,
): void {
  if (value === undefined || used()) return;
  const got = say`${set(field, value)} and only other files`;
  throw mistake("conflict", `data ${name}`, expected, got, say`leave ${set(field)} out`, { field });
}

/** The flags decide for a name without a known extension. */
function formatOf(path: string, { field, column }: RecordFlags): Format {
  const known = BY_EXTENSION[extname(path).toLowerCase()];
  return known ?? (field !== undefined ? "jsonl" : column !== undefined ? "csv" : "text");
}

function fileSource(path: string, { size, mtimeMs }: Stats, flags: RecordFlags): Source {
  return { name: path, format: formatOf(path, flags), size, file: { path, mtimeMs } };
}

// A pipe can be read only once, so it is kept: it is looked at before it is read.
async function readPipe(
  name: string,
  path: string,
  stream: AsyncIterable<Uint8Array>,
  flags: RecordFlags,
): Promise<Source> {
  const fix = say`save it to a file, then ${command("prepare", "FILE")}`;
  const bytes = await readStream(`data ${name}`, stream, fix).catch((error: unknown) => {
    throw fileError(`data ${name}`, "a pipe that can be read", error);
  });
  return { name, format: formatOf(path, flags), size: bytes.length, bytes };
}

async function searchFolder(folder: string, flags: RecordFlags): Promise<{ files: Source[]; skipped: Skipped }> {
  const operation = `data ${folder}`;
  try {
    const paths = await filesBelow(folder);
    const found: { readonly source: Source; readonly isText: boolean }[] = [];
    let own = 0;
    for (const path of paths) {
      // Dangling links, pipes and devices are skipped like binary files.
      const stats = await stat(path).catch(() => undefined);
      if (stats?.isFile() !== true) continue;
      const seen = await look(fileSource(path, stats, flags), flags.field, true);
      if (seen.own !== undefined) own++;
      else found.push({ source: seen.source, isText: beginsAsText(seen) });
    }
    const known = found.filter(
      ({ source: { name, format } }) => format === "json" || BY_EXTENSION[extname(name).toLowerCase()] !== undefined,
    );
    const bytesOf = (some: typeof found): number => some.reduce((sum, { source }) => sum + source.size, 0);
    const most = known.length > 0 && 2 * bytesOf(known) >= bytesOf(found);
    const files = (most ? known : found.filter(({ isText }) => isText)).map(({ source }) => source);
    const skipped = { own, other: paths.length - own - files.length };
    if (files.length > 0) return { files, skipped };
    const got = paths.length === 0 ? "no file" : `only others: ${describeSkipped(skipped)}`;
    throw mistake("no-data", operation, "text files in the folder", got, "name a folder with text");
  } catch (error) {
    throw fileError(operation, "a folder that can be read", error);
  }
}

/** Describes the skipped files by kind. */
export function describeSkipped({ own, other }: Skipped): string {
  const kinds = [
    ...(own > 0 ? [`${own} made by microgpt`] : []),
    ...(other > 0 ? [`${other} not in UTF-8, or of another kind than most`] : []),
  ];
  return kinds.join("; ");
}

/** All files below a folder, sorted by code units, so that the order does not depend on the locale. */
async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const paths: string[] = [];
  for (const entry of entries.sort((x, y) => (x.name < y.name ? -1 : 1))) {
    if (entry.name.startsWith(".") || entry.name === "node_modules") continue;
    const path = join(folder, entry.name);
    // A link to a folder could form a circle.
    if (entry.isDirectory()) paths.push(...(await filesBelow(path)));
    else paths.push(path);
  }
  return paths;
}

function beginsAsText({ source: { name, size }, start }: Look): boolean {
  try {
    if (start.length >= size) decodeText(name, start);
    // Its last character may be cut off.
    else new Utf8Reader(name).push(start);
    return true;
  } catch (error) {
    if (error instanceof MicrogptError) return false;
    throw error;
  }
}
