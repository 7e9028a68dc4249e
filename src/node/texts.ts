/** Texts out of files of every kind, in memory that does not grow with them. */

import type { DataMode } from "../data/corpus.ts";
import { Utf8Reader } from "../data/decode-text.ts";
import { documentsOf } from "../data/documents.ts";
import { JsonReader } from "../data/json-reader.ts";
import { LineReader, StreamReader, unixLines } from "../data/lines.ts";
import { SectionReader } from "../data/sections.ts";
import { TableReader } from "../data/table-reader.ts";
import type { Findings } from "./findings.ts";
import { readChunks } from "./source-bytes.ts";
import type { Format, RecordFlags, Source } from "./sources.ts";

export interface TextOptions extends RecordFlags {
  readonly mode: DataMode;
  /** Bytes read at once. */
  readonly chunkBytes?: number;
  /** Where readers put what the user should know. Default: nowhere. */
  readonly findings?: Findings;
}

/** Some texts, in the order in which they stand in their sources. */
export interface TextChunk {
  /** Not empty, none of them. Of documents: whole ones. Of running text: also pieces, which cut no character. */
  readonly texts: readonly string[];
  /** Whether the first text goes on where the last one of the chunk before ended. */
  readonly continues: boolean;
  /** True if the last text may go on in the next chunk. */
  readonly pieces: boolean;
  /** Bytes of all sources that have been read so far. */
  readonly bytesRead: number;
}

/**
 * The texts of sources, some at a time. In documents mode a line of text, or a record, is a document: stripped, blank
 * ones dropped. In stream mode a file of text, or a record, is a text: as it is, but with LF for CRLF and CR.
 * Errors, with file and line: what is no UTF-8, broken records, a file that changes while it is read.
 */
export async function* readTexts(sources: readonly Source[], options: TextOptions): AsyncGenerator<TextChunk> {
  let bytesRead = 0;
  for (const source of sources) {
    if (source.note !== undefined) options.findings?.add(source.note.kind, source.name, source.note.text);
    const utf8 = new Utf8Reader(source.name);
    const reader = readers[source.format](source.name, options, source.mark);
    // Only running text is cut within what belongs together.
    const pieces = source.format === "text" && options.mode === "stream";
    let begun = false;
    const chunk = (texts: readonly string[]): TextChunk => {
      const continues = pieces && begun;
      if (texts.length > 0) begun = true;
      return { texts, continues, pieces, bytesRead };
    };
    for await (const bytes of readChunks(source, options.chunkBytes)) {
      bytesRead += bytes.length;
      yield chunk(reader.push(utf8.push(bytes)));
    }
    utf8.end();
    yield chunk(reader.end());
  }
}

/** Makes texts of what is decoded. */
interface TextReader {
  push(text: string): readonly string[];
  end(): readonly string[];
}

const readers: { readonly [F in Format]: (name: string, options: TextOptions, mark?: string) => TextReader } = {
  text: (name, { mode }) => {
    if (mode === "stream") {
      const stream = new StreamReader();
      return { push: (text) => notEmpty([stream.push(text)]), end: () => notEmpty([stream.end()]) };
    }
    const lines = new LineReader(name);
    return { push: (text) => documentsOf(lines.push(text)), end: () => documentsOf(lines.end()) };
  },
  sections: (name, { mode }, mark = "%") => {
    const sections = new SectionReader(name, mark);
    return { push: (text) => recordTexts(sections.push(text), mode), end: () => recordTexts(sections.end(), mode) };
  },
  json: (name, options) => jsonReader(name, false, options),
  jsonl: (name, options) => jsonReader(name, true, options),
  csv: (name, options) => tableReader(name, ",", options),
  tsv: (name, options) => tableReader(name, "\t", options),
};

function jsonReader(name: string, lines: boolean, { mode, field, findings }: TextOptions): TextReader {
  const onNote = (kind: string, note: string): void => findings?.add(kind, name, note);
  const json = new JsonReader(name, { lines, onNote, ...(field !== undefined && { field }) });
  return {
    push: (text) => recordTexts(json.push(text), mode),
    end: () => recordTexts(json.end(), mode),
  };
}

function tableReader(name: string, delimiter: "," | "\t", { mode, column, findings }: TextOptions): TextReader {
  const onNote = (kind: string, note: string): void => findings?.add(kind, name, note);
  const table = new TableReader(name, { delimiter, onNote, ...(column !== undefined && { column }) });
  return {
    push: (text) => recordTexts(table.push(text), mode),
    end: () => recordTexts(table.end(), mode),
  };
}

function recordTexts(texts: readonly string[], mode: DataMode): readonly string[] {
  const unix = texts.map(unixLines);
  return mode === "documents" ? documentsOf(unix) : notEmpty(unix);
}

function notEmpty(texts: readonly string[]): readonly string[] {
  return texts.filter((text) => text !== "");
}
