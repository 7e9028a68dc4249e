import { generate, Random } from "../index.ts";
import { loadCheckpoint } from "../node.ts";
import { type EngineFlags, engineOptions } from "./engine-flags.ts";
import type { IO } from "./io.ts";
import { newestModelPath } from "./model-files.ts";

/** The flags of `microgpt sample`. */
export interface SampleFlags extends EngineFlags {
  readonly num_samples: number;
  readonly temperature: number;
  readonly start: string;
  readonly max_new_tokens?: number;
  readonly seed: number;
}

/** Draws documents from a saved model. */
export async function sampleCommand(
  path: string | undefined,
  flags: SampleFlags,
  { report, terminal }: IO,
): Promise<void> {
  const file = path ?? (await newestModelPath("sample"));
  const { model, tokenizer } = await loadCheckpoint(file, engineOptions(flags));
  const { temperature, start, max_new_tokens: maxNewTokens = Infinity } = flags;
  const random = new Random(flags.seed);
  for (let i = 1; i <= flags.num_samples; i++) {
    const pieces = generate(model, tokenizer, { random, temperature, start, maxNewTokens });
    report.sample(i, withStart(start, pieces));
    if (!(await terminal.heard())) return;
  }
}

// The model is asked first: a start it cannot spell shall be refused before it is printed.
function* withStart(start: string, pieces: Generator<string, void>): Generator<string, void> {
  const first = pieces.next();
  yield start;
  if (first.done === true) return;
  yield first.value;
  yield* pieces;
}
