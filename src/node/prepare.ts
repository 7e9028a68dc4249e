/** Turns text of any size into token files in bounded memory: it is read twice and never held. */

import { realpath } from "node:fs/promises";
import { sep } from "node:path";
import type { DataMode } from "../data/corpus.ts";
import { toHuggingFace } from "../data/huggingface-export.ts";
import type { Note } from "../data/note.ts";
import { documentHash, type TextCut } from "../data/split.ts";
import type { Tokenizer } from "../data/tokenizer.ts";
import { fitTokenizer, type TokenizerKind } from "../data/tokenizers.ts";
import { checkBelow, checkInteger } from "../util/checks.ts";
import { mistake } from "../util/errors.ts";
import { fileError } from "./file-errors.ts";
import { Findings } from "./findings.ts";
import { type CorpusOptions, chooseMode } from "./load-corpus.ts";
import { PreparedFolder } from "./prepared-folder.ts";
import { findSources, type Sources } from "./sources.ts";
import { type Survey, survey } from "./survey.ts";
import { readTexts, type TextChunk } from "./texts.ts";
import { dtypeFor, encodeMeta, META_FILE, type TokenMeta } from "./token-meta.ts";
import { TokenWriter } from "./token-writer.ts";

export interface PrepareOptions extends CorpusOptions {
  /** The folder to write to. */
  readonly out: string;
  /**
   * An existing tokenizer, or the kind to make; bpe is trained on 20 million characters of the training part. Default:
   * char.
   */
  readonly tokenizer?: TokenizerKind | Tokenizer;
  /** For bpe: the maximum number of tokens, at least 258. Default 512. */
  readonly vocabSize?: number;
  /** The share to hold out, from 0 to below 1. Default 0.1. */
  readonly valFraction?: number;
  /** Selects the documents to hold out. Default 42. */
  readonly seed?: number;
  readonly onProgress?: (progress: PrepareProgress) => void;
  /** Called with notes for the user: how the data is read and, after the first pass, what was found in it. */
  readonly onNote?: (note: Note) => void;
  readonly signal?: AbortSignal;
}

export interface PrepareProgress {
  /** The first pass surveys the text, the second writes its tokens. */
  readonly pass: 1 | 2;
  readonly bytesRead: number;
  /** For each pass. */
  readonly totalBytes: number;
}

/**
 * Writes nanoGPT's train.bin and val.bin (little-endian uint16, or uint32 for more than 65,536 tokens), tokenizer.json
 * and meta.json. Each part is BOS, then the texts with BOS after each. The split is the same as `splitDocuments` and
 * `splitTexts` make in memory: documents are held out by `isValidation`, and of running text the tail of each text.
 * Peak memory does not depend on the size of the text.
 *
 * @param paths files and folders as for `loadCorpus`, but no pipe: they are read twice Errors: those of `loadCorpus`; a
 * folder with other files in it; a full disk. The previous content is then unchanged.
 */
export async function prepare(paths: readonly string[], options: PrepareOptions): Promise<TokenMeta> {
  const valFraction = checkBelow("data", "valFraction", options.valFraction ?? 0.1, 0, 1);
  checkVocabSize(options);
  const { seed = 42, out, onNote } = options;
  const sources = await findSources(paths, options);
  refusePipes(sources);
  await refuseInput(sources, out);
  const folder = await PreparedFolder.claim(out);
  try {
    const { mode, notes } = await chooseMode(sources, options);
    for (const note of notes) onNote?.(note);
    const findings = new Findings();
    const job: Job = { sources, options, mode, valFraction, seed, findings };
    const { tokenizer: wanted = "char", vocabSize: most } = options;
    const about = { mode, valFraction, seed, tokenizer: wanted, vocabSize: most, totalBytes: totalOf(sources) };
    const found = await survey(sources.name, chunksOf(job, 1), about);
    for (const note of findings.notes) onNote?.(note);
    const parts = await writeParts(job, folder, found);
    const { tokenizer } = found;
    const dtype = dtypeFor(tokenizer.vocabSize);
    const { vocabSize } = tokenizer;
    const { id } = folder;
    const meta: TokenMeta = { dtype, vocabSize, mode, source: sources.name, valFraction, seed, ...parts, id };
    await folder.write("tokenizer.json", `${JSON.stringify(toHuggingFace(tokenizer), null, 1)}\n`);
    await folder.write(META_FILE, encodeMeta(meta));
    await folder.commit();
    return meta;
  } catch (error) {
    await folder.abandon();
    throw fileError(`output ${out}`, "to write the files", error);
  }
}

interface Job {
  readonly sources: Sources;
  readonly options: PrepareOptions;
  readonly mode: DataMode;
  readonly valFraction: number;
  readonly seed: number;
  readonly findings: Findings;
}

function refusePipes({ files }: Sources): void {
  const pipe = files.find(({ file }) => file === undefined);
  if (pipe === undefined) return;
  const fix = "save it to a file first";
  throw mistake("file-kind", `data ${pipe.name}`, "a file, to read it twice", "a pipe", fix);
}

/** The new data could replace its own source. */
async function refuseInput({ files }: Sources, out: string): Promise<void> {
  const folder = await realpath(out).catch(() => undefined);
  if (folder === undefined) return;
  for (const { name, file } of files) {
    const path = file && (await realpath(file.path).catch(() => undefined));
    if (path === undefined || !path.startsWith(`${folder}${sep}`)) continue;
    const expected = "a folder that no text is read from";
    const got = `one that holds ${name.length > 80 ? `...${name.slice(-80)}` : name}`;
    throw mistake("file-exists", `output ${out}`, expected, got, "name a new folder");
  }
}

function totalOf({ files }: Sources): number {
  return files.reduce((sum, { size }) => sum + size, 0);
}

/** Checks early; otherwise the error would come only after the first pass. */
function checkVocabSize({ tokenizer = "char", vocabSize }: PrepareOptions): void {
  if (vocabSize === undefined || typeof tokenizer !== "string") return;
  if (tokenizer === "bpe") checkInteger("tokenizer", "vocabSize", vocabSize, { min: 258 });
  else fitTokenizer(tokenizer, [], { vocabSize });
}

async function* chunksOf({ sources, options, mode, findings }: Job, pass: 1 | 2): AsyncGenerator<TextChunk> {
  const { onProgress, signal } = options;
  const totalBytes = totalOf(sources);
  for await (const chunk of readTexts(sources.files, { ...options, mode, findings })) {
    if (signal?.aborted === true) {
      const fix = "run it again; nothing was written";
      throw mistake("interrupted", "prepare", "to read to the end", "an interruption", fix);
    }
    yield chunk;
    onProgress?.({ pass, bytesRead: chunk.bytesRead, totalBytes });
  }
}

async function writeParts(job: Job, folder: PreparedFolder, found: Survey): Promise<Pick<TokenMeta, "train" | "val">> {
  const { tokenizer } = found;
  const lineEnds = job.mode === "documents" ? 1 : 0;
  const train = await TokenWriter.create(folder.temporary("train.bin"), tokenizer, lineEnds);
  try {
    const val = await TokenWriter.create(folder.temporary("val.bin"), tokenizer, lineEnds);
    try {
      const add = job.mode === "documents" ? byHash(train, val, job.seed, found) : atCuts(train, val, found);
      for await (const chunk of chunksOf(job, 2)) {
        add(chunk);
        await train.flush();
        await val.flush();
      }
      return { train: await train.finish(), val: await val.finish() };
    } finally {
      await val.close();
    }
  } finally {
    await train.close();
  }
}

function byHash(train: TokenWriter, val: TokenWriter, seed: number, { threshold }: Survey): (chunk: TextChunk) => void {
  return ({ texts }) => {
    for (const doc of texts) {
      const part = documentHash(doc, seed) < threshold ? val : train;
      part.add(doc);
    }
  };
}

function atCuts(train: TokenWriter, val: TokenWriter, { plan, facts }: Survey): (chunk: TextChunk) => void {
  let [cut, next]: [TextCut | undefined, number] = [undefined, 0];
  return ({ texts, continues, pieces }) => {
    for (const [i, text] of texts.entries()) {
      if (i > 0 || !continues) {
        train.endText();
        val.endText();
        const known = pieces ? facts[next++] : undefined;
        cut = known === undefined ? plan.cutOfWhole(text) : plan.cutOf(known);
      }
      const at = cut?.find(text) ?? 0;
      if (at > 0) train.addPiece(text.slice(0, at));
      if (at < text.length) val.addPiece(text.slice(at));
    }
  };
}
