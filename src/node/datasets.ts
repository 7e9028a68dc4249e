import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Corpus } from "../data/corpus.ts";
import { decodeText } from "../data/decode-text.ts";
import { parseDocuments } from "../data/documents.ts";
import { mistake } from "../util/errors.ts";
import { say, set } from "../util/words.ts";
import { writeAtomically } from "./atomic-write.ts";
import { defaultCacheDir } from "./cache-dir.ts";
import { codeOf } from "./file-errors.ts";
import { readFileBytes } from "./read.ts";

/** The named data sets: 32,257 names of 2018, in the package, and the file that microgpt.py downloads. */
export const DATASETS = ["ssa", "names"] as const;
export type Dataset = (typeof DATASETS)[number];

const NAMES_URL = "https://raw.githubusercontent.com/karpathy/makemore/988aa59/names.txt";
const NAMES_SHA256 = "0a30b5557f192f32ab962680889aac5f6fda0f4cecf40a6d0b5694f58ea8cc4d";
const NAMES_FILE = "makemore-names.txt";
const TIMEOUT_MS = 30_000;
const SSA = set("data", "ssa");

export interface DatasetOptions {
  /** Folder for downloads. Default: `$MICROGPT_CACHE_DIR`, or `microgpt` in the user's cache folder. */
  readonly cacheDir?: string;
}

/** The documents of a named data set; `names` is downloaded on first use. Errors: no connection, a changed file. */
export async function loadDataset(dataset: Dataset, options: DatasetOptions = {}): Promise<Corpus> {
  const bytes = dataset === "ssa" ? await packagedNames() : await makemoreNames(options.cacheDir ?? defaultCacheDir());
  return parseDocuments(dataset, decodeText(dataset, bytes));
}

// Resolved by the package's name, so that it works wherever this file is bundled.
async function packagedNames(): Promise<Uint8Array> {
  return readFileBytes("data ssa", createRequire(import.meta.url).resolve("microgpt/data/ssa-names-2018.txt"));
}

async function makemoreNames(cacheDir: string): Promise<Uint8Array> {
  const path = join(cacheDir, NAMES_FILE);
  const cached = await readFileBytes("data names", path).catch(() => undefined);
  if (cached !== undefined && sha256(cached) === NAMES_SHA256) return cached;

  const place = cached === undefined ? path : `${path} (the file there now is a different one)`;
  const downloaded = await download(NAMES_URL, place);
  if (sha256(downloaded) !== NAMES_SHA256) {
    throw mistake(
      "data-changed",
      "data names",
      `${NAMES_URL} to have sha256 ${NAMES_SHA256}`,
      sha256(downloaded),
      say`the file has changed at its source: put the original at ${path}, or use ${SSA}`,
    );
  }
  try {
    await mkdir(cacheDir, { recursive: true });
    await writeAtomically(path, downloaded);
  } catch {
    // If the cache cannot be written, the next call downloads again.
  }
  return downloaded;
}

async function download(url: string, place: string): Promise<Uint8Array> {
  let got: string;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (response.ok) return new Uint8Array(await response.arrayBuffer());
    got = `status ${response.status}`;
  } catch (error) {
    // fetch wraps the system's error; a timeout has none.
    got = (error instanceof Error ? codeOf(error.cause) : undefined) ?? "no answer";
  }
  throw mistake(
    "network",
    "data names",
    `to download ${url}`,
    `${got} (no connection?)`,
    say`connect to the network once, put the file at ${place}, or use the packaged names (${SSA})`,
  );
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
