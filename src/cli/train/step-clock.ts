import { type EngineOptions, GPT, maxRowsOf, type Run } from "../../index.ts";

/** Steps before the clock starts: the first ones are slow. */
const WARM_UP = 3;
const FEWEST = 3;
const TIMED_MS = 500;
/** Number of a step's parts that are timed; the others take as long. */
const MOST_PARTS = 4;

/** Seconds for a step of the run on this machine. Times a copy of its model, so that the run itself does not move. */
export async function secondsPerStep(run: Run, engine: EngineOptions): Promise<number> {
  const { model, sequences, progress } = run;
  const { settings } = progress;
  const copy = new GPT(model.state(), { ...engine, engine: model.engine });
  const parts = Math.min(settings.gradientAccumulationSteps, MOST_PARTS);
  const options = { ...settings, gradientAccumulationSteps: parts, steps: 0, maxRows: maxRowsOf(run) };
  const trainer = await copy.trainer(options);
  const size = settings.batchSize * parts;
  const step = (i: number): void => {
    const batch = Array.from({ length: size }, (_, j) => sequences.at(i * size + j));
    trainer.step(batch, settings.learningRate);
  };
  for (let i = 0; i < WARM_UP; i++) step(i);
  const begin = performance.now();
  const times: number[] = [];
  while (times.length < FEWEST || performance.now() - begin < TIMED_MS) {
    const before = performance.now();
    step(WARM_UP + times.length);
    times.push(performance.now() - before);
  }
  copy.dispose();
  // The median, not the mean: other work of the machine would distort the mean and choose another size each time.
  times.sort((x, y) => x - y);
  return ((times[times.length >> 2] ?? 0) / 1000) * (settings.gradientAccumulationSteps / parts);
}
