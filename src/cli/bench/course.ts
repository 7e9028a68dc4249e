/** A run that takes its steps when it is asked to, as the benchmark wants them. */

import {
  type Corpus,
  countParams,
  type Run,
  type RunOptions,
  SIZES,
  type SizeName,
  type StepRecord,
  startRun,
  train,
} from "../../index.ts";

/** The size of microgpt.py, which learns from one name a step, or one of `--size`, which learns from running text. */
export type SubjectName = "microgpt" | SizeName;

/** More steps than are ever taken, so the learning rate hardly falls while the clock runs. */
const MANY_STEPS = 1e9;

export class Course {
  readonly run: Run;
  readonly #records: AsyncGenerator<StepRecord, void>;

  constructor(subject: SubjectName, names: Corpus, options: RunOptions) {
    this.run = startRun(...optionsOf(subject, names, options));
    this.#records = train(this.run);
  }

  /** Takes steps; gives the record of each. */
  async advance(steps: number): Promise<StepRecord[]> {
    const records: StepRecord[] = [];
    while (records.length < steps) {
      const { value } = await this.#records.next();
      if (value) records.push(value);
    }
    return records;
  }

  /** Ends the loop and gives back threads and memory. */
  async close(): Promise<void> {
    await this.#records.return();
    this.run.model.dispose();
  }
}

function optionsOf(subject: SubjectName, names: Corpus, options: RunOptions): [Corpus, RunOptions] {
  const training = { numSteps: MANY_STEPS };
  if (subject === "microgpt") return [names, { ...options, valFraction: 0, training }];
  const { tokensPerStep, ...model } = SIZES[subject];
  const text: Corpus = { name: "names", mode: "stream", docs: [names.docs.join("\n")] };
  const batchSize = tokensPerStep / model.blockSize;
  return [text, { ...options, valFraction: 0, model, training: { ...training, learningRate: 0.001, batchSize } }];
}

/** `small: 2 layers, 64 channels, 4 heads, context 64; 107,200 parameters`. */
export function titleOf(subject: SubjectName, { model: { config } }: Run): string {
  const { nLayer, nEmbd, nHead, blockSize } = config;
  const layers = nLayer === 1 ? "1 layer" : `${nLayer} layers`;
  const parameters = countParams(config).toLocaleString("en");
  return `${subject}: ${layers}, ${nEmbd} channels, ${nHead} heads, context ${blockSize}; ${parameters} parameters`;
}
