import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Corpus,
  generate,
  MicrogptError,
  namedParams,
  type PresetName,
  presets,
  type Run,
  resumeRun,
  type Schedule,
  startRun,
  train,
} from "../index.ts";
import {
  checkWritable,
  DATASETS,
  type Dataset,
  loadCheckpoint,
  loadCorpus,
  loadDataset,
  saveCheckpoint,
} from "../node.ts";
import { type EngineFlags, engineOptions, typed } from "./engine-flags.ts";
import { Interrupt } from "./interrupt.ts";
import { commandName, type IO, memoryLimit } from "./io.ts";
import { freeModelPath } from "./model-files.ts";
import { quote } from "./shell.ts";
import { usage } from "./usage.ts";

/** The flags of `microgpt train`, by nanoGPT's names. What is undefined was not typed. */
export interface TrainFlags extends EngineFlags {
  readonly data?: Dataset;
  readonly cache_dir?: string;
  readonly preset?: PresetName;
  readonly n_layer?: number;
  readonly n_head?: number;
  readonly n_embd?: number;
  readonly block_size?: number;
  readonly num_steps?: number;
  readonly batch_size?: number;
  readonly learning_rate?: number;
  readonly schedule?: Schedule;
  readonly beta1?: number;
  readonly beta2?: number;
  readonly weight_decay?: number;
  readonly grad_clip?: number;
  readonly seed?: number;
  readonly resume?: string;
  readonly out?: string;
  readonly num_samples: number;
  readonly temperature: number;
}

/** The flags that a resumed run cannot take: it goes on as it began. */
export const FIXED: readonly (keyof TrainFlags)[] = [
  "preset",
  "n_layer",
  "n_head",
  "n_embd",
  "block_size",
  "batch_size",
  "learning_rate",
  "schedule",
  "beta1",
  "beta2",
  "weight_decay",
  "grad_clip",
  "seed",
];

/**
 * Trains, saves, samples. Everything that can go wrong with the input or the output is found out before the first step.
 */
export async function trainCommand(file: string | undefined, flags: TrainFlags, io: IO): Promise<void> {
  const { report, terminal } = io;
  if (file !== undefined && flags.data !== undefined) {
    throw usage("a file or --data", `both ${file} and --data ${flags.data}`, "leave one out");
  }
  const out = flags.out ?? flags.resume ?? freeModelPath();
  await checkWritable(out);
  const run = flags.resume === undefined ? await newRun(file, flags) : await oldRun(flags.resume, file, flags);

  report.begin(run);
  const before = run.progress.losses.length;
  const finished = await trainUntilStopped(run, io).catch(async (error: unknown) => {
    // The weights are as before the step that failed: what was learned until then is kept, unless it is beyond numbers.
    if (error instanceof MicrogptError && run.progress.losses.length > before && hasFiniteWeights(run)) {
      // Beside what is there: an older save of the run may be the better one.
      const kept = existsSync(out) ? freeModelPath() : out;
      await saveSomewhere(kept, run);
      report.saved(kept);
    }
    throw error;
  });
  report.trained(run);
  // Saved before sampling: the numbers that sampling draws are not the run's, and nothing can come between.
  await saveSomewhere(out, run);
  const command = commandName(io.env);
  if (!finished) {
    report.saved(out);
    report.next([`${command} train --resume ${quote(out)}`]);
    return;
  }
  const { model, tokenizer, progress } = run;
  for (let i = 1; i <= flags.num_samples; i++) {
    await report.sample(i, generate(model, tokenizer, { random: progress.random, temperature: flags.temperature }));
    if (!(await terminal.heard())) return;
  }
  report.saved(out);
  report.next([
    `${command} sample ${quote(out)} --temperature 0.8 --seed 1`,
    `${command} info ${quote(out)}`,
    `${command} train my-own-lines.txt`,
  ]);
}

/** Saves, or, if the disk is full now that was not before, saves where temporary files go and says so in the error. */
async function saveSomewhere(out: string, run: Run): Promise<void> {
  try {
    await saveCheckpoint(out, run);
  } catch (error) {
    const refuge = join(tmpdir(), `microgpt-${process.pid}.safetensors`);
    const saved = await saveCheckpoint(refuge, run).then(
      () => true,
      () => false,
    );
    if (!saved || !(error instanceof MicrogptError)) throw error;
    throw new MicrogptError({ ...error.complaint, fix: `the model is in ${refuge}: move it to where there is room` });
  }
}

async function newRun(file: string | undefined, flags: TrainFlags): Promise<Run> {
  const documents =
    file === undefined ? await dataset(flags.data ?? "ssa", flags) : await loadCorpus([file], { mode: "documents" });
  const preset = presets[flags.preset ?? "microgpt"];
  const { n_layer: nLayer, n_head: nHead, n_embd: nEmbd, block_size: blockSize } = flags;
  const { num_steps: numSteps, batch_size: batchSize, learning_rate: learningRate, schedule, beta1, beta2 } = flags;
  const { weight_decay: weightDecay, grad_clip: gradClip, seed } = flags;
  const training = typed({ numSteps, batchSize, learningRate, schedule, beta1, beta2, weightDecay, gradClip, seed });
  return startRun(documents, {
    model: { ...preset.model, ...typed({ nLayer, nHead, nEmbd, blockSize }) },
    training: { ...preset.training, ...training },
    ...engineOptions(flags),
  });
}

async function oldRun(path: string, file: string | undefined, flags: TrainFlags): Promise<Run> {
  const fixed = FIXED.find((flag) => flags[flag] !== undefined);
  if (fixed !== undefined) {
    throw usage(`no --${fixed} with --resume`, `${flags[fixed]}`, "leave it out: a run goes on as it began");
  }
  const checkpoint = await loadCheckpoint(path, engineOptions(flags));
  const source = file ?? flags.data ?? checkpoint.progress?.data.name ?? "ssa";
  if (source === "standard input") {
    throw usage("the run's documents again", "a run that read them from standard input", "pipe them in and add -");
  }
  const known = DATASETS.find((name) => name === source && file === undefined);
  if (known === undefined && file === undefined && !existsSync(source)) {
    const fix = `name them: microgpt train FILE --resume ${quote(path)}`;
    const got = "no such file from this folder";
    throw new MicrogptError({
      operation: "resume",
      expected: `the run's documents, ${JSON.stringify(source)}`,
      got,
      fix,
    });
  }
  const documents =
    known === undefined ? await loadCorpus([source], { mode: "documents" }) : await dataset(known, flags);
  return resumeRun(checkpoint, documents, { ...typed({ numSteps: flags.num_steps }), memoryLimit: memoryLimit() });
}

function dataset(name: Dataset, { cache_dir: cacheDir }: TrainFlags): Promise<Corpus> {
  return loadDataset(name, typed({ cacheDir }));
}

/** Whether the run came to its end; false if it was stopped between two steps, by Ctrl-C or because nobody reads on. */
async function trainUntilStopped(run: Run, { report, terminal }: IO): Promise<boolean> {
  const interrupt = new Interrupt(() => report.stopping());
  try {
    for await (const record of train(run)) {
      report.step(record, run.progress.losses);
      if (interrupt.requested || terminal.closed) break;
    }
  } finally {
    interrupt.dispose();
  }
  return run.progress.losses.length === run.progress.settings.numSteps;
}

function hasFiniteWeights({ model }: Run): boolean {
  return namedParams(model.state().weights).every(([, data]) => data.every((x) => Number.isFinite(x)));
}
