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
  let steps = 0;
  while (steps < FEWEST || performance.now() - begin < TIMED_MS) step(WARM_UP + steps++);
  const seconds = (performance.now() - begin) / 1000 / steps;
  copy.dispose();
  return seconds;
}
