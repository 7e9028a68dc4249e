/** The samples of `train`, during training and at the end. A run survives a text that cannot be sampled. */

import {
  type GenerateOptions,
  generate,
  MicrogptError,
  Random,
  type Run,
  type StepRecord,
  sample,
} from "../../index.ts";
import { typed } from "../flags/engine.ts";
import type { IO } from "../io.ts";
import { explain } from "../words.ts";
import type { TrainFlags } from "./flags.ts";
import type { Report } from "./report.ts";

type Flags = Pick<TrainFlags, "temperature" | "num_samples">;

/** Number of tokens of a piece of running text, at the end of a run and during it. */
const AT_THE_END = 300;
const ON_THE_WAY = 200;

/** The samples at the end; undefined if the output is no longer read. */
export async function sampleAll(run: Run, flags: Flags, io: IO): Promise<string[] | undefined> {
  const release = run.model.hold();
  try {
    await run.model.wake();
  } catch (error) {
    warn(error, io.report);
  }
  try {
    return await sampleEach(run, flags, io);
  } finally {
    await release();
  }
}

async function sampleEach(run: Run, flags: Flags, { report, terminal }: IO): Promise<string[] | undefined> {
  const { model, tokenizer, mode, progress } = run;
  const samples: string[] = [];
  const { num_samples = mode === "stream" ? 3 : 20 } = flags;
  const options = optionsFor(run, flags, AT_THE_END);
  for (let i = 1; i <= num_samples; i++) {
    const pieces = generate(model, tokenizer, { ...options, random: progress.random });
    let text = "";
    const heard = function* (): Generator<string, void> {
      for (const piece of pieces) {
        text += piece;
        yield piece;
      }
    };
    try {
      await report.sample(i, heard(), mode);
    } catch (error) {
      warn(error, report);
      break;
    }
    samples.push(text);
    if (!(await terminal.heard())) return undefined;
  }
  return samples;
}

/**
 * A text sampled during training, from a stream of its own, so that samples do not affect the run. Undefined if it
 * cannot be sampled.
 */
export function sampleOnTheWay(run: Run, { step }: StepRecord, flags: Flags, report: Report): string | undefined {
  const random = new Random(run.progress.settings.seed + step);
  try {
    return sample(run.model, run.tokenizer, { ...optionsFor(run, flags, ON_THE_WAY), random });
  } catch (error) {
    warn(error, report);
    return undefined;
  }
}

function optionsFor({ mode }: Run, { temperature }: Flags, maxNewTokens: number): Omit<GenerateOptions, "random"> {
  return { mode, ...typed({ temperature }), ...(mode === "stream" && { maxNewTokens }) };
}

function warn(error: unknown, report: Report): void {
  if (!(error instanceof MicrogptError)) throw error;
  report.warning(`no sample: ${explain(error)}`);
}
