/** Reads texts from files of every kind, in constant memory. */

import type { DataMode } from "../data/corpus.ts";
import { Utf8Reader } from "../data/decode-text.ts";
import { documentsOf } from "../data/documents.ts";
import { JsonReader } from "../data/json-reader.ts";
import { LineReader, StreamReader, unixLines } from "../data/lines.ts";
import type { OnNote } from "../data/note.ts";
import { SectionReader } from "../data/sections.ts";
import { TableReader } from "../data/table-reader.ts";
import type { Findings } from "./findings.ts";
import type { Format, Source } from "./source.ts";
import { readChunks } from "./source-bytes.ts";
import type { RecordFlags } from "./sources.ts";

export interface TextOptions extends RecordFlags {
  readonly mode: DataMode;
  /** Bytes in a chunk. */
  readonly chunkBytes?: number;
  /** Receives the readers' notes to the user. Default: they are dropped. */
  readonly findings?: Findings;
}

/** Some texts, in the order of their sources. */
export interface TextChunk {
  /** Never empty. Documents are whole; running text may come in pieces, which never split a character. */
  readonly texts: readonly string[];
  /** True if the first text continues the last one of the previous chunk. */
  readonly continues: boolean;
  /** True if the last text may continue in the next chunk. */
  readonly pieces: boolean;
  /** Bytes of all sources read so far. */
  readonly bytesRead: number;
}

/**
 * The texts of sources, chunk by chunk. In documents mode a line of text, or a record, is a document, stripped, without
 * blank ones. In stream mode a text file, or a record, is a text, unchanged except for LF instead of CRLF and CR.
 * Errors, with file and line: bytes that are not UTF-8, broken records, a file that changes while being read.
 */
export async function* readTexts(sources: readonly Source[], options: TextOptions): AsyncGenerator<TextChunk> {
  let bytesRead = 0;
  for (const source of sources) {
    if (source.note !== undefined) options.findings?.add(source.name, source.note);
    const utf8 = new Utf8Reader(source.name);
    const reader = readers[source.format](source.name, options, source.mark);
    // Only running text may be cut in the middle of a text.
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

/** Turns decoded characters into texts. */
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
  const onNote: OnNote = (note, like) => findings?.add(name, note, like);
  const json = new JsonReader(name, { lines, onNote, ...(field !== undefined && { field }) });
  return {
    push: (text) => recordTexts(json.push(text), mode),
    end: () => recordTexts(json.end(), mode),
  };
}

function tableReader(name: string, delimiter: "," | "\t", { mode, column, findings }: TextOptions): TextReader {
  const onNote: OnNote = (note, like) => findings?.add(name, note, like);
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
