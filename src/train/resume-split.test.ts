import { describe, expect, test } from "vitest";
import type { Corpus } from "../data/corpus.ts";
import { splitTail } from "../data/split.ts";
import { splitTexts, type TextSplit } from "../data/split-texts.ts";
import { decodeCheckpoint, encodeCheckpoint } from "./checkpoint.ts";
import type { Checkpoint } from "./run.ts";
import { reopenRun, resumeRun, startRun } from "./start.ts";
import { train } from "./train.ts";
import { type StreamData, tokenize } from "./training-data.ts";

const texts: Corpus = {
  name: "three files",
  mode: "stream",
  docs: ["abc\n", "bca\n", "xyz\n"].map((line) => line.repeat(900)),
};
const model = { nEmbd: 4, nHead: 2, blockSize: 8 };
const training = { numSteps: 6, evalInterval: 2 };

/** The checkpoint of a run that was begun and stopped; without `split` as in versions before 0.5. */
async function stopped(split: TextSplit, asBefore: boolean): Promise<Checkpoint> {
  const data = tokenize(texts, { valFraction: 0.1, split });
  const run = startRun(data, { model, training });
  for await (const { step } of train(run)) if (step === 3) break;
  const { split: _, ...before } = run.progress.data;
  const progress = { ...run.progress, data: asBefore ? before : run.progress.data };
  return decodeCheckpoint("saved", encodeCheckpoint({ ...run, progress }));
}

function textOf({ val, tokenizer }: StreamData): string {
  return tokenizer.decode(Array.from(val.read(0, val.length)));
}

describe("row 32: a run resumes with the same held-out texts:", () => {
  test.each<[what: string, split: TextSplit, asBefore: boolean, held: readonly string[]]>([
    ["one of an earlier version, the tail of all", "tail", true, splitTail(texts.docs, 0.1).val],
    ["one of now, the tail of each", "each", false, splitTexts(texts.docs, 0.1, 42).val],
  ])("%s, to the same bits", async (_, split, asBefore, held) => {
    const whole = startRun(tokenize(texts, { valFraction: 0.1, split }), { model, training });
    for await (const _step of train(whole));
    const resumed = resumeRun(await stopped(split, asBefore), texts);
    if (resumed.data.mode !== "stream") throw new Error("running text expected");
    expect(textOf(resumed.data)).toBe(held.join(""));
    for await (const _step of train(resumed));
    expect(resumed.progress.losses).toEqual(whole.progress.losses);
    expect(resumed.progress.evaluations).toEqual(whole.progress.evaluations);
    expect(resumed.model.state()).toEqual(whole.model.state());
  });

  test("texts tokenized by another rule are refused", async () => {
    const checkpoint = await stopped("tail", true);
    const now = tokenize(texts, { valFraction: 0.1, tokenizer: checkpoint.tokenizer });
    expect(() => reopenRun(checkpoint, now)).toThrow("expected texts split by tail, got texts split by each");
    expect(() => reopenRun(checkpoint, tokenize(texts, { valFraction: 0.1, split: "tail" }))).not.toThrow();
    const one = { ...texts, docs: [texts.docs.join("")] };
    const single = startRun(one, { model, training, valFraction: 0.1 });
    const { split: _, ...before } = single.progress.data;
    expect(() =>
      reopenRun({ ...single, progress: { ...single.progress, data: before } }, tokenize(one, { valFraction: 0.1 })),
    ).not.toThrow();
  });

  test("an unknown rule is a damaged file", async () => {
    const checkpoint = await stopped("each", false);
    const progress = { ...checkpoint.progress, data: { ...checkpoint.progress?.data, split: "half" } } as never;
    expect(() => decodeCheckpoint("saved", encodeCheckpoint({ ...checkpoint, progress }))).toThrow(
      'split to be one of each, tail, got "half"',
    );
  });
});
