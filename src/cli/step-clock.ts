import { type EngineOptions, GPT, maxRowsOf, type Run, stepSize } from "../index.ts";

/** Steps before the clock starts: the first ones are slow. */
const WARM_UP = 3;
const FEWEST = 3;
const TIMED_MS = 500;

/** How long a step of the run takes on this machine. A copy of its model takes them, so the run stays where it is. */
export async function secondsPerStep(run: Run, options: EngineOptions): Promise<number> {
  const { model, sequences, progress } = run;
  const { settings } = progress;
  const copy = new GPT(model.state(), { ...options, engine: model.engine });
  const trainer = await copy.trainer({ ...settings, steps: 0, maxRows: maxRowsOf(run) });
  const size = stepSize(settings);
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
  // Not the mean: what else the machine did meanwhile says nothing of the run, and would choose another size each time.
  times.sort((x, y) => x - y);
  return (times[times.length >> 2] ?? 0) / 1000;
}
