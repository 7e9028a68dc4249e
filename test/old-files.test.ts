/**
 * Files of every earlier version, as those versions wrote them: three steps into a run of six. They open, sample, and
 * resume to the same bits as in their own version.
 */

import { readFileSync } from "node:fs";
import {
  type Corpus,
  decodeCheckpoint,
  type EngineName,
  type Evaluation,
  Random,
  type Run,
  resumeRun,
  sample,
  train,
} from "microgpt";
import { expect, test } from "vitest";

const LINES =
  "the cat sat\non the mat\nand ate\nthe rat that sat\non the hat\nof the bat\nat that\na cat sat at the mat".split(
    "\n",
  );
const lines: Corpus = { name: "lines.txt", docs: LINES };
const prose: Corpus = {
  name: "prose.txt",
  mode: "stream",
  docs: [LINES.join("\n"), LINES.toReversed().join(" ")],
};

interface Old {
  readonly corpus: Corpus;
  /** Drawn at a temperature of 1 by `Random(7)`, after three steps. */
  readonly text: string;
  readonly losses: readonly number[];
  readonly evaluations?: readonly Evaluation[];
}

/** The texts and numbers that each version printed on its scalar engine. */
const versions: Readonly<Record<string, Old>> = {
  // relu2, weights of 0 and 0.02, a cosine
  "0.1": {
    corpus: lines,
    text: "dbname",
    losses: [
      2.6985514572014813, 2.6711579667661356, 2.664948621445264, 2.6688467112787913, 2.645045062731123,
      2.6173371748239553,
    ],
  },
  // batches of 2, weight decay, clipping
  "0.2": {
    corpus: lines,
    text: "dao me",
    losses: [
      2.6207645241309376, 2.6102175849679017, 2.610149841569565, 2.5170229528236265, 2.472934661929306,
      2.54058984450693,
    ],
  },
  // validation, dropout, warm-up
  "0.3": {
    corpus: lines,
    text: "ebnahe",
    losses: [
      2.6558656408691332, 2.659758690402086, 2.7056999781402102, 2.5366949291050735, 2.5840983487523648,
      2.624717461749817,
    ],
    evaluations: [
      { step: 2, loss: 2.6983700209988193 },
      { step: 4, loss: 2.656081916553483 },
      { step: 6, loss: 2.636111995849641 },
    ],
  },
  // running text, its tail held out, gradient accumulation
  "0.4": {
    corpus: prose,
    text: "tcan hd h\ne  ",
    losses: [
      2.8155401232263535, 2.792280362096583, 2.7969377001692193, 2.7773143637203033, 2.7535709790464633,
      2.759248455710254,
    ],
    evaluations: [
      { step: 2, loss: 2.758214550848108 },
      // 0.4 added the batches up in another order: 2.743195464294763.
      { step: 4, loss: 2.7431954642947627 },
      { step: 6, loss: 2.7377808956361167 },
    ],
  },
  // running text, with each text's own tail held out, relu2
  "0.5": {
    corpus: prose,
    text: "tcan hd h\ne  ",
    losses: [
      2.7676839242817537, 2.779323110305297, 2.71663118315233, 2.838148240042957, 2.7238440591824706,
      2.7853821412790793,
    ],
    evaluations: [
      { step: 3, loss: 2.7619885861543563 },
      { step: 6, loss: 2.7448146380301686 },
    ],
  },
};

function saved(version: string, { corpus }: Old, engine: EngineName): Run {
  const file = readFileSync(new URL(`fixtures/versions/${version}.safetensors`, import.meta.url));
  return resumeRun(decodeCheckpoint(version, file, { engine }), corpus);
}

test.each(Object.entries(versions))("a file of %s samples, and resumes to the same bits", async (version, old) => {
  const run = saved(version, old, "scalar");
  const { mode } = old.corpus;
  const prompt = mode === "stream" ? { start: "t", mode, maxNewTokens: 12 } : {};
  expect(sample(run.model, run.tokenizer, { random: new Random(7), temperature: 1, ...prompt })).toBe(old.text);
  for await (const _ of train(run));
  expect(run.progress.losses).toEqual(old.losses);
  expect(run.progress.evaluations).toEqual(old.evaluations ?? []);
});

test.each(Object.entries(versions))("a file of %s resumes on the compiled engine, too", async (version, old) => {
  const run = saved(version, old, "wasm");
  for await (const _ of train(run));
  run.model.dispose();
  expect(run.progress.losses).toEqual(old.losses.map((loss) => expect.closeTo(loss, 4)));
});
