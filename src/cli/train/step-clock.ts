import { type EngineOptions, GPT, type Run, stepOptionsOf } from "../../index.ts";

/** Steps before the clock starts: the first ones are slow, and those after them may find out how many threads to take. */
const WARM_UP = 3;
const FEWEST = 3;
const TIMED_MS = 500;
/** Number of a step's parts that are timed; the others take as long. */
const MOST_PARTS = 4;

/**
 * Seconds for a step of the run on an engine, by default its own. Times a copy of its model for `timedMs`, so that the run
 * itself does not move.
 */
export async function secondsPerStep(run: Run, engine: EngineOptions, timedMs: number = TIMED_MS): Promise<number> {
  const { model, sequences, progress } = run;
  const { settings } = progress;
  const copy = new GPT(model.state(), { engine: model.engine, ...engine });
  const parts = Math.min(settings.gradientAccumulationSteps, MOST_PARTS);
  // The programs of the run, so that they are compiled only once.
  const trainer = await copy.trainer({ ...stepOptionsOf(run), gradientAccumulationSteps: parts, steps: 0 });
  const size = settings.batchSize * parts;
  const step = (i: number): void => {
    const batch = Array.from({ length: size }, (_, j) => sequences.at(i * size + j));
    // A rate of 0 takes as long, and cannot diverge where the run begins with lower ones.
    trainer.step(batch, 0);
  };
  let taken = 0;
  while (taken < WARM_UP || (trainer.threads > 1 && trainer.pace === undefined)) step(taken++);
  const begin = performance.now();
  const times: number[] = [];
  while (times.length < FEWEST || performance.now() - begin < timedMs) {
    const before = performance.now();
    step(taken++);
    times.push(performance.now() - before);
  }
  copy.dispose();
  // The median, not the mean: other work of the machine would distort the mean and choose another size each time.
  times.sort((x, y) => x - y);
  return ((times[times.length >> 2] ?? 0) / 1000) * (settings.gradientAccumulationSteps / parts);
}
