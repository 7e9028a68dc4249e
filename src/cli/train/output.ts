/** The names of a run's outputs, checked and claimed before anything is read, so that no two runs share them. */

import { existsSync, statSync } from "node:fs";
import { MicrogptError } from "../../index.ts";
import { type Claim, checkOutput, checkWritable, claim, type OutputKind, tryClaim } from "../../node.ts";
import type { TrainFlags } from "./flags.ts";

/** `best` of model.safetensors is model.best.safetensors, its metrics are in model.metrics.jsonl. */
export function besides(out: string, what: string): string {
  return `${out.replace(/\.safetensors$/, "")}.${what}`;
}

/** The files of a run, with the kind of each. */
function filesOf(out: string): readonly (readonly [path: string, kind: OutputKind])[] {
  return [
    [out, "model"],
    [besides(out, "best.safetensors"), "model"],
    [besides(out, "metrics.jsonl"), "metrics"],
  ];
}

/** Names that belong to this run alone until they are released. */
export interface RunOutput {
  readonly path: string;
  /** False once another process has taken the model's name. */
  readonly held: boolean;
  release(): void;
}

/**
 * Claims a run's outputs: the requested name, or the first free one. Errors: a name that another process writes to, an
 * input, a file that is not a model, no write permission.
 */
export async function claimOutput(files: readonly string[], flags: TrainFlags): Promise<RunOutput> {
  const out = flags.out ?? flags.resume;
  if (out === undefined) return claimFree(inputsOf(files, flags));
  await checkWritable(out);
  const inputs = inputsOf(files, flags).filter((input) => input !== flags.resume);
  const claims = new Claims(out);
  try {
    for (const [path] of filesOf(out)) claims.add(await claim(path, { operation: `output ${out}` }));
    for (const [path, kind] of filesOf(out)) await checkOutput(path, kind, inputs);
    checkFolder(besides(out, "tensorboard"), flags);
    return claims;
  } catch (error) {
    claims.release();
    throw error;
  }
}

/**
 * Claims the first free one of model.safetensors, model-2.safetensors, ... A run that was killed early may have only
 * the best model.
 */
export async function claimFree(inputs: readonly string[] = []): Promise<RunOutput> {
  for (let n = 1; ; n++) {
    const out = n === 1 ? "model.safetensors" : `model-${n}.safetensors`;
    if (!(await isFree(out, inputs))) continue;
    const claims = new Claims(out);
    try {
      // Check again: another run may have ended meanwhile.
      if ((await addAll(claims)) && (await isFree(out, inputs))) return claims;
    } catch (error) {
      claims.release();
      throw error;
    }
    claims.release();
  }
}

async function addAll(claims: Claims): Promise<boolean> {
  for (const [path] of filesOf(claims.path)) {
    const found = await tryClaim(path);
    if (!("release" in found)) return false;
    claims.add(found);
  }
  return true;
}

async function isFree(out: string, inputs: readonly string[]): Promise<boolean> {
  for (const [path, kind] of filesOf(out)) {
    if (kind === "model" && existsSync(path)) return false;
    // Metrics of a run that was killed before it saved are replaced; other files are not.
    const replaceable = await checkOutput(path, kind, inputs).then(
      () => true,
      () => false,
    );
    if (!replaceable) return false;
  }
  return true;
}

/** The files that a run reads, as typed. */
function inputsOf(files: readonly string[], { resume, init_from, tokenizer }: TrainFlags): string[] {
  return [...files, resume, init_from, tokenizer].filter((path): path is string => path !== undefined && path !== "-");
}

function checkFolder(folder: string, { tensorboard }: TrainFlags): void {
  if (tensorboard !== true || statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== false) return;
  throw new MicrogptError({
    code: "file-kind",
    operation: `TensorBoard events ${folder}`,
    expected: "a folder or a free name",
    got: "a file",
    fix: "move it away, or choose another --out",
  });
}

class Claims implements RunOutput {
  readonly path: string;
  readonly #claims: Claim[] = [];

  constructor(path: string) {
    this.path = path;
  }

  add(one: Claim): void {
    this.#claims.push(one);
  }

  get held(): boolean {
    return this.#claims.every(({ held }) => held);
  }

  release(): void {
    for (const one of this.#claims) one.release();
  }
}
