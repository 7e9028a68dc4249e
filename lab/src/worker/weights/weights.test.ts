import {
  encodeCheckpoint,
  type GPTConfig,
  MicrogptError,
  namedParams,
  parseDocuments,
  type Run,
  startRun,
  trainEach,
} from "microgpt";
import { describe, expect, test } from "vitest";
import { pca } from "./pca.ts";
import { weightsAPI } from "./weights.ts";

const TEXTS = ["anna", "bob", "eve"];
const corpus = parseDocuments("words", "anna\nbob\neve\notto\nhannah\nada\n");
const runOf = (model: Partial<GPTConfig> = {}): Run =>
  startRun(corpus, { model, training: { numSteps: 5 }, valFraction: 0, strict: true });
const weights = { kind: "weights", texts: TEXTS } as const;
const gradient = { kind: "gradient", texts: TEXTS } as const;

const sum = (counts: ArrayLike<number>): number => Array.from(counts).reduce((a, b) => a + b, 0);

describe("a tensor", () => {
  test("is shown with the numbers of the checkpoint, and all of them are counted", async () => {
    const run = runOf();
    const api = weightsAPI({ checkpoint: run });
    for (const [name, data] of namedParams(run.model.state().weights)) {
      const { cells, tally, rows, columns } = await api.view({ name, ...weights });
      expect(cells).toEqual(data);
      expect([rows * columns, tally.total, sum(tally.counts)]).toEqual([data.length, data.length, data.length]);
    }
  });

  test("with a requested part is that part", async () => {
    const run = runOf({ nEmbd: 320, blockSize: 4 });
    const [wte] = namedParams(run.model.state().weights)[0]?.slice(1) ?? [];
    const api = weightsAPI({ checkpoint: run });
    const part = await api.view({ name: "wte", ...weights, around: { row: 3, column: 300 } });
    expect(part).toMatchObject({ firstRow: 0, firstColumn: 64, columns: 256, columnsEach: 1 });
    if (typeof wte === "string" || wte === undefined) throw new Error("no wte");
    expect([part.cells[0], part.cells[256], part.cells.at(-1)]).toEqual([wte[64], wte[320 + 64], wte.at(-1)]);
    expect(part.tally.total).toBe(wte.length);
    expect(await api.view({ name: "wte", ...weights })).toMatchObject({ columnsEach: 2, columns: 160 });
  });

  test("has the gradient of the texts, equal to the library's", async () => {
    const run = runOf();
    const { bos } = run.tokenizer;
    const batch = TEXTS.map((text) => [bos, ...run.tokenizer.encode(text), bos]);
    const { gradients, loss } = await run.model.gradients(batch);
    const api = weightsAPI({ checkpoint: run });
    for (const [name, data] of namedParams(gradients)) {
      expect(await api.view({ name, ...gradient })).toMatchObject({ cells: data, loss });
    }
  });

  test("that the model lacks is refused", async () => {
    const api = weightsAPI({ checkpoint: runOf() });
    await expect(api.view({ name: "layer1.attn_wq", ...weights })).rejects.toThrow(MicrogptError);
  });
});

test("another moment is counted without opening it: every number of every tensor, weights and gradient", async () => {
  const run = runOf();
  const { model, tokenizer, mode } = run;
  const bytes = encodeCheckpoint({ model, tokenizer, mode });
  const before = weightsAPI({ checkpoint: run });
  const expected = await Promise.all([
    before.view({ name: "wte", ...weights }),
    before.view({ name: "wte", ...gradient }),
  ]);
  await trainEach(run, () => undefined);
  const after = weightsAPI({ checkpoint: run });
  for (const [i, what] of [weights, gradient].entries()) {
    const tallies = await after.tallies(bytes, what);
    expect([...tallies.keys()]).toEqual(namedParams(model.state().weights).map(([name]) => name));
    expect(tallies.get("wte")).toEqual(expected[i]?.tally);
    expect(tallies.get("wte")).not.toEqual((await after.view({ name: "wte", ...what })).tally);
    for (const tally of tallies.values()) expect(sum(tally.counts)).toBe(tally.total);
  }
  model.dispose();
});

describe("the texts of a gradient", () => {
  test.each([
    ["a text outside the alphabet is left out", ["anna", "Zoë", "bob"], ["anna", "bob"]],
    [
      "one that is longer than the context is cut as in training",
      ["annaannaannaannaannaanna"],
      ["annaannaannaannaannaanna"],
    ],
  ])("%s", async (_, texts, same) => {
    const run = runOf();
    const api = weightsAPI({ checkpoint: run });
    const found = await api.view({ name: "wpe", kind: "gradient", texts });
    const expected = await api.view({ name: "wpe", kind: "gradient", texts: same });
    expect(found).toEqual(expected);
    expect(found.tally.largest).toBeGreaterThan(0);
  });

  test("that cannot be spelled are refused with the fix", async () => {
    const api = weightsAPI({ checkpoint: runOf() });
    await expect(api.view({ name: "wte", kind: "gradient", texts: ["Zoë"] })).rejects.toThrow(
      "look at the weights instead",
    );
  });

  test("are consecutive windows of running text", async () => {
    const text = "anna bob eve otto hannah ada ".repeat(20);
    const run = startRun(
      { name: "text", mode: "stream", docs: [text] },
      { model: { blockSize: 8 }, training: { numSteps: 5 } },
    );
    const ids = run.tokenizer.encode(text.slice(0, 30));
    const windows = [0, 8, 16, 24].map((start) => ids.slice(start, start + 9));
    const { loss } = await run.model.gradients(windows);
    const view = await weightsAPI({ checkpoint: run }).view({
      name: "wte",
      kind: "gradient",
      texts: [text.slice(0, 30)],
    });
    expect(view.loss).toBe(loss);
  });
});

describe("embeddings", () => {
  test("in the plane are the principal components of their rows", () => {
    const run = runOf();
    const { wte } = run.model.state().weights;
    const { points, shares } = weightsAPI({ checkpoint: run }).plane("wte");
    expect({ points, shares }).toEqual(
      (({ points, shares }) => ({ points, shares }))(pca(wte, run.tokenizer.vocabSize)),
    );
  });

  test("have neighbors: those with a similar direction, nearest first, without the row itself", () => {
    const run = runOf();
    const { wte } = run.model.state().weights;
    const width = run.model.config.nEmbd;
    wte.set(
      wte.slice(width, 2 * width).map((x) => 3 * x),
      4 * width,
    );
    wte.fill(0, 0, width);
    const api = weightsAPI({ checkpoint: { ...run, model: run.model } });
    const near = api.neighbours("wte", 1, 3);
    expect(near[0]?.row).toBe(4);
    expect(near[0]?.cosine).toBeCloseTo(1, 6);
    expect(near.map(({ cosine }) => cosine)).toEqual(near.map(({ cosine }) => cosine).sort((a, b) => b - a));
    expect(api.neighbours("wte", 0, 2).map(({ cosine }) => cosine)).toEqual([0, 0]);
  });
});
