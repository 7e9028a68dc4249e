import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { Random, samples, startRun, trainEach } from "microgpt";
import { describe, expect, test } from "vitest";
import { dataSets, type Texts } from "./data-sets.ts";
import { DATA_SET_IDS, type DataSetId } from "./ids.ts";

const read = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");
const texts: Texts = {
  names: () => read("data/ssa-names-2018.txt"),
  story: () => read("data/story.txt"),
  source: () => ["src/model/gpt.ts", "src/scalar/value.ts"].map(read),
};

const sumOf = (doc: string): RegExpExecArray | null => /^(\d{1,2})\+(\d{1,2})=(\d{1,3})$/.exec(doc);
const isRightSum = (doc: string): boolean => {
  const [, a = "", b = "", sum = ""] = sumOf(doc) ?? [];
  return sum !== "" && Number(a) + Number(b) === Number(sum);
};
/** The rest after removing innermost pairs over and over. */
const unmatched = (doc: string): string => {
  const less = doc.replaceAll(/\(\)|\[\]|\{\}/g, "");
  return less === doc ? doc : unmatched(less);
};

describe.each(DATA_SET_IDS)("%s", (id) => {
  test("has its mode, its name and at least one text", async () => {
    const { mode, load } = dataSets[id];
    const corpus = await load(texts);
    expect(corpus).toMatchObject({ name: id, mode });
    expect(corpus.docs.every((doc) => doc.trim() !== "")).toBe(true);
    expect(await load(texts)).toEqual(corpus);
  });

  test("is learned: the recommended training starts well, and its model generates text", {
    timeout: 60_000,
  }, async () => {
    const { load, recommended } = dataSets[id];
    const run = startRun(await load(texts), { ...recommended, valFraction: 0.1, threads: 1 });
    const losses: number[] = [];
    await trainEach(run, ({ loss }) => {
      losses.push(loss);
      return losses.length === 300 ? false : undefined;
    });
    const mean = (of: readonly number[]): number => of.reduce((sum, loss) => sum + loss, 0) / of.length;
    const uniform = Math.log(run.model.config.vocabSize);
    expect(mean(losses.slice(-50))).toBeLessThan(0.85 * uniform);
    const written = samples(run.model, run.tokenizer, { count: 5, random: new Random(1), mode: run.mode });
    expect(new Set(written).size).toBeGreaterThan(1);
    run.model.dispose();
  });
});

describe("documents", () => {
  const docsOf = async (id: DataSetId): Promise<readonly string[]> => (await dataSets[id].load(texts)).docs;

  test.each<[id: DataSetId, different: number, line: RegExp]>([
    // Many names are given to girls and boys.
    ["names", 29_693, /^[a-z]{2,}$/],
    ["places", 615, /^[a-z]+( [a-z]+)*$/],
    ["animals", 462, /^[a-z]+$/],
    ["sums", 5000, /^\d{1,2}\+\d{1,2}=\d{1,3}$/],
    ["brackets", 3000, /^[()[\]{}]{2,14}$/],
  ])("of %s: %i distinct ones, each of one kind and within the preset's context", async (id, different, line) => {
    const docs = await docsOf(id);
    expect(new Set(docs).size).toBe(different);
    if (id !== "names") expect(docs).toHaveLength(different);
    expect(docs.filter((doc) => !line.test(doc))).toEqual([]);
    expect(docs.filter((doc) => doc.length > 15)).toEqual([]);
  });

  test("all sums are correct, and all brackets closed", async () => {
    expect((await docsOf("sums")).filter((doc) => !isRightSum(doc))).toEqual([]);
    expect((await docsOf("brackets")).filter((doc) => unmatched(doc) !== "")).toEqual([]);
  });

  test("each kind of bracket is about equally frequent at each length", async () => {
    const all = (await docsOf("brackets")).join("");
    for (const open of "([{") expect((3 * all.split(open).length) / (all.length / 2)).toBeCloseTo(1, 1);
  });
});

test("their bundled part is small: at most 15 KB as gzip", () => {
  const files = ["places", "animals", "generated", "data-sets"].map((name) => read(`lab/src/data/${name}.ts`));
  expect(gzipSync([...files, read("data/story.txt")].join("")).length).toBeLessThan(15_000);
});
