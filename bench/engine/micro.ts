/** Benchmarks of training at microgpt.py's size. */

import { type Corpus, learningRateAt, namedParams, type Run, type RunOptions, startRun, train } from "microgpt";
import { apart, type BenchContext, must, row } from "../../src/cli/bench/measure.ts";
import { plainTrainer } from "./loops.ts";
import { type Part, ratios, takeTurns } from "./turns.ts";

const CHECKED_STEPS = 20;
const BATCH = 16;
/** Number of documents in a round of each work: about 30 ms each. */
const DOCUMENTS = { compiled: 2000, batch: 3200, train: 2000, plain: 200, scalar: 50 };
/** So large that the learning rate hardly falls while the clock runs. */
const MANY_STEPS = 1e9;
const RATE = { numSteps: MANY_STEPS, learningRate: 0.01, schedule: "linear" } as const;

/** A trainer on the documents of the names, with its position in them. */
interface Course {
  /** The tokens of a document, by its number. */
  sequence(index: number): readonly number[];
  /** Returns the loss before the step. */
  step(batch: readonly (readonly number[])[], learningRate: number): number;
  steps: number;
}

/** Steps as in `train`: from the documents to updated weights. */
function advance(course: Course, documents: number, batchSize: number): number[] {
  const losses: number[] = [];
  for (let done = 0; done < documents; done += batchSize) {
    const first = course.steps * batchSize;
    const batch: (readonly number[])[] = [];
    for (let i = first; i < first + batchSize; i++) batch.push(course.sequence(i));
    losses.push(course.step(batch, learningRateAt(course.steps, RATE)));
    course.steps++;
  }
  return losses;
}

/** The steps of a run, without `train`. */
async function courseOf({ model, sequences, progress: { settings } }: Run): Promise<Course> {
  const trainer = await model.trainer({ ...settings, steps: 0, maxRows: settings.batchSize * model.config.blockSize });
  return {
    sequence: (index) => sequences.at(index),
    step: (batch, learningRate) => trainer.step(batch, learningRate).loss,
    steps: 0,
  };
}

/** microgpt.py's step on the compiled engine, in plain loops and scalar by scalar, and on batches. */
export async function microPart(names: Corpus, context: BenchContext): Promise<Part> {
  const { quick, strict } = context;
  const progress = (what: string): Promise<void> => context.progress(`training at microgpt's size, ${what}`);
  await progress("check");
  const start = (options: RunOptions): Run =>
    startRun(names, { threads: 1, strict, ...options, training: { numSteps: MANY_STEPS, ...options.training } });
  const readable = start({ engine: "scalar" });
  const runs = [readable, start({}), start({ training: { batchSize: BATCH } })] as const;
  const loops = plainTrainer(readable.model.config, readable.model.state().weights, readable.progress.settings);
  const [scalar, compiled, batch] = [await courseOf(runs[0]), await courseOf(runs[1]), await courseOf(runs[2])];
  const plain = {
    ...compiled,
    step: ([tokens = []]: readonly (readonly number[])[], rate: number) => loops.step(tokens, rate),
  };

  const expected = advance(scalar, CHECKED_STEPS, 1);
  const error = apart(advance(compiled, CHECKED_STEPS, 1), expected);
  must(error <= 1e-3, "the compiled engine's losses are the scalar engine's");
  must(apart(advance(plain, CHECKED_STEPS, 1), expected) <= 1e-9, "the plain loops' losses are the scalar engine's");
  const weights = namedParams(readable.model.state().weights).flatMap(([, part]) => [...part]);
  must(apart(loops.weights, weights) <= 1e-9, "the plain loops' weights are the scalar engine's");
  const readableBatch = await courseOf(start({ engine: "scalar", training: { batchSize: BATCH } }));
  const batchError = apart(advance(batch, 2 * BATCH, BATCH), advance(readableBatch, 2 * BATCH, BATCH));
  must(batchError <= 1e-3, "the compiled engine's losses on batches are the scalar engine's");
  const alike = `${CHECKED_STEPS} losses of the scalar engine`;

  const run = start({});
  const records = train(run);
  const times = await takeTurns(
    quick ? 5 : 41,
    {
      compiled: () => void advance(compiled, DOCUMENTS.compiled, 1),
      batch: () => void advance(batch, DOCUMENTS.batch, BATCH),
      train: async () => {
        for (let i = 0; i < DOCUMENTS.train; i++) await records.next();
      },
      plain: () => void advance(plain, DOCUMENTS.plain, 1),
    },
    progress,
  );
  // Not in turns with the others: after a while V8 gives a program that makes garbage more room.
  const alone = await takeTurns(quick ? 3 : 9, { scalar: () => void advance(scalar, DOCUMENTS.scalar, 1) }, (what) =>
    progress(`scalar by scalar, ${what}`),
  );
  for (const { model } of [...runs, run]) model.dispose();

  const all = { ...times, ...alone };
  const micros = (of: keyof typeof DOCUMENTS): number[] => all[of].map((ms) => (1000 * ms) / DOCUMENTS[of]);
  const step = micros("compiled");
  const within = `${alike}, ${error.toExponential(0)} apart`;
  const batches = `2 losses of the scalar engine, ${batchError.toExponential(0)} apart`;
  return {
    title: "training at microgpt's size (1 layer, 16 channels, 4 heads, context 16): one document a step, one thread",
    rows: [
      row({ id: "micro.step", what: "a step, from the document to updated weights", unit: "µs", check: within }, step),
      row({ id: "micro.train", what: "the same through train()", unit: "µs" }, micros("train")),
      row(
        { id: "micro.batch", what: `steps of ${BATCH} documents, each document`, unit: "µs", check: batches },
        micros("batch"),
      ),
      row({ id: "micro.plain", what: "hand-written loops in JavaScript", unit: "µs", check: alike }, micros("plain")),
      row({ id: "micro.scalar", what: "the scalar engine", unit: "µs" }, micros("scalar")),
      row({ id: "micro.ratio", what: "how much longer the loops take", unit: "×" }, ratios(micros("plain"), step)),
    ],
  };
}
