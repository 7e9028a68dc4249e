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
const corpora = {
  lines: { name: "lines.txt", docs: LINES },
  prose: { name: "prose.txt", mode: "stream", docs: [LINES.join("\n"), LINES.toReversed().join(" ")] },
} as const satisfies Readonly<Record<string, Corpus>>;

interface Old {
  /** Its settings that were new. */
  readonly about: string;
  readonly corpus: keyof typeof corpora;
  /** Drawn at a temperature of 1 by `Random(7)`, after three steps. */
  readonly text: string;
  readonly losses: readonly number[];
  readonly evaluations: readonly Evaluation[];
}

/** The texts and numbers that each version printed on its scalar engine. */
const versions = JSON.parse(
  readFileSync(new URL("fixtures/versions/expected.json", import.meta.url), "utf8"),
) as Readonly<Record<string, Old>>;

function saved(version: string, { corpus }: Old, engine: EngineName): Run {
  const file = readFileSync(new URL(`fixtures/versions/${version}.safetensors`, import.meta.url));
  return resumeRun(decodeCheckpoint(version, file, { engine }), corpora[corpus]);
}

test.each(Object.entries(versions))("a file of %s samples, and resumes to the same bits", async (version, old) => {
  const run = saved(version, old, "scalar");
  const prompt = old.corpus === "prose" ? ({ start: "t", mode: "stream", maxNewTokens: 12 } as const) : {};
  expect(sample(run.model, run.tokenizer, { random: new Random(7), temperature: 1, ...prompt })).toBe(old.text);
  for await (const _ of train(run));
  expect(run.progress.losses).toEqual(old.losses);
  expect(run.progress.evaluations).toEqual(old.evaluations);
});

test.each(Object.entries(versions))("a file of %s resumes on the compiled engine, too", async (version, old) => {
  const run = saved(version, old, "wasm");
  for await (const _ of train(run));
  run.model.dispose();
  expect(run.progress.losses).toEqual(old.losses.map((loss) => expect.closeTo(loss, 4)));
});
