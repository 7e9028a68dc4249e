import type { Corpus, DataMode } from "../data/corpus.ts";
import { type Detected, detectMode, type Sample } from "../data/detect-mode.ts";
import { noText } from "../data/documents.ts";
import { modeNote, type Note } from "../data/note.ts";
import { mistake } from "../util/errors.ts";
import { command, say } from "../util/words.ts";
import { Findings } from "./findings.ts";
import { MAX_BYTES } from "./read.ts";
import type { Source } from "./source.ts";
import { describeSkipped, findSources, type RecordFlags, type Sources } from "./sources.ts";
import { readTexts } from "./texts.ts";

export interface CorpusOptions extends RecordFlags {
  /** Default: chosen by the beginning of the files. */
  readonly mode?: DataMode;
}

/** A corpus with its reader's notes. */
export interface LoadedCorpus extends Corpus {
  readonly mode: DataMode;
  /** Sentences for the user: how the data was read by default, files that were skipped. */
  readonly notes: readonly Note[];
}

/** Number of files, and bytes of each, that are looked at to tell documents from running text. */
const MAX_SAMPLES = 8;
const SAMPLE_BYTES = 2 ** 16;

/**
 * Loads text to learn from: files, folders, or `-` for standard input, one after the other. Text files are UTF-8, with
 * or without a byte order mark, with any line ends; each record of .jsonl, .ndjson, .csv and .tsv files, and of .json
 * files of records, holds a text; for folders see `findSources`. In documents mode each line or record is a document,
 * stripped, without blank ones. In stream mode each text file or record is a text, unchanged except for LF instead of
 * CRLF and CR. Errors: unreadable data, with its line; no text; more than 511 MiB, which needs `prepare`.
 */
export async function loadCorpus(paths: readonly string[], options: CorpusOptions = {}): Promise<LoadedCorpus> {
  const sources = await findSources(paths, options);
  checkSize(sources);
  const { mode, notes } = await chooseMode(sources, options);
  const findings = new Findings();
  const docs: string[] = [];
  let pieces: string[] = [];
  const finish = (): void => {
    if (pieces.length > 0) docs.push(pieces.join(""));
    pieces = [];
  };
  let bytes = 0;
  for await (const { texts, continues, bytesRead } of readTexts(sources.files, { ...options, mode, findings })) {
    bytes = bytesRead;
    for (const [i, text] of texts.entries()) {
      if (mode === "documents") docs.push(text);
      else {
        if (i > 0 || !continues) finish();
        pieces.push(text);
      }
    }
  }
  finish();
  if (!docs.some((doc) => /\S/.test(doc)))
    throw noText(sources.name, bytes === 0 ? "an empty file" : "only blank lines");
  return { name: sources.name, mode, docs, notes: [...notes, ...findings.notes] };
}

/** Decides how to read sources, by the options or by their beginnings, and adds notes for the user. */
export async function chooseMode(
  { files, skipped }: Sources,
  options: CorpusOptions,
): Promise<{ mode: DataMode; notes: readonly Note[] }> {
  const read = `read ${files.length} ${files.length === 1 ? "file" : "files"}`;
  const left = skipped.own + skipped.other;
  const message = `${read} and skipped ${left}: ${describeSkipped(skipped)}`;
  const notes: Note[] = left === 0 ? [] : [{ kind: "skipped", values: { files: files.length, ...skipped }, message }];
  if (options.mode !== undefined) return { mode: options.mode, notes };
  const detected = await lookAt(files, options);
  return { mode: detected.mode, notes: [modeNote(detected), ...notes] };
}

async function lookAt(files: readonly Source[], flags: RecordFlags): Promise<Detected> {
  const chosen = files.filter(({ size }) => size > 0);
  const every = Math.max(1, Math.ceil(chosen.length / MAX_SAMPLES));
  const samples: Sample[] = [];
  for (const file of chosen.filter((_, i) => i % every === 0)) samples.push(await sampleOf(file, flags));
  return detectMode(samples);
}

async function sampleOf(file: Source, flags: RecordFlags): Promise<Sample> {
  const records = file.format !== "text";
  const options = { ...flags, mode: "stream", chunkBytes: SAMPLE_BYTES } as const;
  for await (const { texts, bytesRead } of readTexts([file], options)) {
    if (texts.length === 0) continue;
    const [text = ""] = texts;
    // The last line may be cut off.
    if (records || bytesRead >= file.size || !text.includes("\n")) return { texts, records };
    return { texts: [text.slice(0, text.lastIndexOf("\n"))], records };
  }
  return { texts: [], records };
}

function checkSize({ name, files }: Sources): void {
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  if (bytes <= MAX_BYTES) return;
  throw mistake(
    "too-large",
    `data ${name}`,
    "at most 511 MiB to hold in memory",
    (bytes / 2 ** 20).toFixed(0),
    say`train from the disk: ${command("prepare")}, then ${command("train", "FOLDER")}`,
  );
}
