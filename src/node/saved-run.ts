/** Reads the run stored in a model file without its weights, since large models would otherwise be read twice. */

import type { FileHandle } from "node:fs/promises";
import { EVALUATIONS, FORMAT, LOSSES } from "../train/checkpoint-fields.ts";
import type { Evaluation } from "../train/run.ts";
import { dataStartOf } from "../train/safetensors.ts";
import { isRecord } from "../util/checks.ts";
import { MicrogptError } from "../util/errors.ts";
import { openFile } from "./read.ts";

/** The part of a run that is saved in its model file. */
export interface SavedRun {
  /** The loss of each step; empty for a model without its run. */
  readonly losses: readonly number[];
  readonly evaluations: readonly Evaluation[];
}

/** The run of a file; undefined if there is none, or it is not a microgpt model. A damaged model may still have one. */
export async function readSavedRun(path: string): Promise<SavedRun | undefined> {
  try {
    const file = await openFile(`checkpoint ${path}`, path);
    try {
      return await readRun(file, path);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof MicrogptError) return undefined;
    throw error;
  }
}

/** True if the file is a microgpt model, damaged or not, so that overwriting it loses nothing else. */
export async function isModel(path: string): Promise<boolean> {
  return (await readSavedRun(path)) !== undefined;
}

async function readRun(file: FileHandle, path: string): Promise<SavedRun | undefined> {
  const { size } = await file.stat();
  const begin = await bytesAt(file, 0, 9);
  const dataStart = dataStartOf(path, begin, size);
  const header = parse(await bytesAt(file, 8, dataStart - 8));
  if (!isRecord(header?.__metadata__) || header.__metadata__.format !== FORMAT) return undefined;
  const numbers = async (name: string): Promise<number[]> => {
    const place = placeOf(header[name], size - dataStart);
    if (place === undefined) return [];
    const bytes = await bytesAt(file, dataStart + place.begin, place.end - place.begin);
    return [...new Float64Array(bytes.buffer, 0, bytes.length >> 3)];
  };
  const losses = await numbers(LOSSES);
  const [steps, valLosses] = [await numbers(EVALUATIONS.steps), await numbers(EVALUATIONS.losses)];
  return { losses, evaluations: steps.map((step, i) => ({ step, loss: valLosses[i] ?? Number.NaN })) };
}

async function bytesAt(file: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const { buffer, bytesRead } = await file.read(new Uint8Array(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}

function parse(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The location of a float64 tensor, if the file has it. */
function placeOf(entry: unknown, room: number): { readonly begin: number; readonly end: number } | undefined {
  if (!isRecord(entry) || entry.dtype !== "F64" || !Array.isArray(entry.data_offsets)) return undefined;
  const [begin, end]: unknown[] = entry.data_offsets;
  if (!Number.isSafeInteger(begin) || !Number.isSafeInteger(end)) return undefined;
  const place = { begin: Number(begin), end: Number(end) };
  return place.begin >= 0 && place.begin <= place.end && place.end <= room ? place : undefined;
}
