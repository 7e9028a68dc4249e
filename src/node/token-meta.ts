/** meta.json of a folder of prepared tokens, which describes the files beside it. */

import { DATA_MODES, type DataMode } from "../data/corpus.ts";
import { isRecord } from "../util/checks.ts";
import { type MicrogptError, mistake } from "../util/errors.ts";

export const DTYPES = ["uint16", "uint32"] as const;
export type Dtype = (typeof DTYPES)[number];

export interface PartMeta {
  readonly tokens: number;
  /** UTF-8 bytes of the texts that the tokens represent; for a document its line end too. */
  readonly bytes: number;
  /** CRC-32 of the file in hexadecimal. */
  readonly crc32: string;
}

export interface TokenMeta {
  readonly dtype: Dtype;
  readonly vocabSize: number;
  readonly mode: DataMode;
  /** The paths that were prepared. */
  readonly source: string;
  readonly valFraction: number;
  /** Seed of the hash that selected the held-out documents. */
  readonly seed: number;
  readonly train: PartMeta;
  readonly val: PartMeta;
  /** Unique to this preparation; undefined in files of versions before 0.5. */
  readonly id?: string;
}

export const META_FILE = "meta.json";
/** Largest meta.json in bytes: `prepare` writes a few hundred, and a list of paths. */
export const MOST_META: number = 2 ** 24;
const FORMAT = "microgpt tokens";
const VERSION = 1;

export const BYTES_PER_TOKEN: { readonly [D in Dtype]: number } = { uint16: 2, uint32: 4 };

/** nanoGPT's uint16, or uint32 where the ids do not fit. */
export function dtypeFor(vocabSize: number): Dtype {
  return vocabSize > 2 ** 16 ? "uint32" : "uint16";
}

export function encodeMeta({ dtype, vocabSize, mode, source, valFraction, seed, train, val, id }: TokenMeta): string {
  const parts = { train, val, ...(id !== undefined && { id }) };
  const head = { format: FORMAT, version: VERSION, dtype, vocab_size: vocabSize, mode, source };
  return `${JSON.stringify({ ...head, val_fraction: valFraction, seed, ...parts }, null, 2)}\n`;
}

/** Errors: text that `encodeMeta` cannot have written; a newer version. */
export function decodeMeta(path: string, text: string): TokenMeta {
  const json = parse(text);
  const refuse = (expected: string, got: string): MicrogptError =>
    mistake("file-format", path, expected, got, "prepare it again");
  if (json.format !== FORMAT) throw refuse("a description of prepared data", "something else");
  if (json.version !== VERSION) {
    const fix = "use the microgpt that prepared it, or prepare again";
    throw mistake("file-version", path, `version ${VERSION}`, String(json.version), fix);
  }
  const dtype = DTYPES.find((name) => name === json.dtype);
  const mode = DATA_MODES.find((name) => name === json.mode);
  const [train, val] = [partOf(json.train), partOf(json.val)];
  const { vocab_size: vocabSize, val_fraction: valFraction, seed, source, id } = json;
  const valid =
    isCount(vocabSize) &&
    vocabSize >= 2 &&
    isNumber(valFraction) &&
    isNumber(seed) &&
    typeof source === "string" &&
    (id === undefined || isId(id));
  if (dtype === undefined || mode === undefined || train === undefined || val === undefined || !valid) {
    throw refuse("dtype, vocab_size, mode, source, val_fraction, seed, train and val", "a damaged file");
  }
  return { dtype, vocabSize, mode, source, valFraction, seed, train, val, ...(isId(id) && { id }) };
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    const json: unknown = JSON.parse(text);
    return isRecord(json) ? json : {};
  } catch {
    return {};
  }
}

function partOf(json: unknown): PartMeta | undefined {
  const { tokens, bytes, crc32 } = isRecord(json) ? json : {};
  if (!isCount(tokens) || !isCount(bytes) || typeof crc32 !== "string" || !/^[0-9a-f]{8}$/.test(crc32))
    return undefined;
  return { tokens, bytes, crc32 };
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

/** Checks an id, which becomes part of file names. */
function isId(value: unknown): value is string {
  return typeof value === "string" && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value);
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
