/** Weights and embeddings in a real browser: the page shows the same numbers as a run in Node. */

import { readFileSync } from "node:fs";
import axe from "axe-core";
import { namedParams, parseDocuments, presets, type Run, startRun, trainEach } from "microgpt";
import type { Locator, Page } from "playwright-core";
import { expect, test } from "vitest";
import { numeral } from "../../lab/src/charts/format.ts";
import { percent } from "../../lab/src/views/format.ts";
import { neighboursOf } from "../../lab/src/worker/weights/neighbours.ts";
import { pca } from "../../lab/src/worker/weights/pca.ts";
import { LabBrowser, type LabPage } from "../support/lab.ts";

const lab = new LabBrowser();
const names = readFileSync(new URL("../../data/ssa-names-2018.txt", import.meta.url), "utf8");
const STEPS = 3;
const CHANNELS = 16;
const LETTERS = [..."abcdefghijklmnopqrstuvwxyz", "BOS"];

/** The page's first model, after that many steps. */
async function runAt(step: number): Promise<Run> {
  const training = { ...presets.microgpt.training, numSteps: 5000, batchSize: 16, evalInterval: 250, evalIters: 20 };
  const run = startRun(parseDocuments("names", names), { training, valFraction: 0.1, strict: true });
  if (step > 0) await trainEach(run, (record) => (record.step === step ? false : undefined));
  return run;
}

function tensor(run: Run, name: string): Float32Array | Float64Array {
  const found = namedParams(run.model.state().weights).find(([other]) => other === name)?.[1];
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
}

/** The lab after a few single steps, with the view "Look inside" open. */
async function openInside(options: { readonly width?: number; readonly dark?: boolean } = {}): Promise<LabPage> {
  const context = await lab.context({
    viewport: { width: options.width ?? 1280, height: 900 },
    colorScheme: options.dark === true ? "dark" : "light",
    reducedMotion: "reduce",
  });
  const opened = await lab.open("#train", context);
  const { page } = opened;
  for (let i = 1; i <= STEPS; i++) {
    await page.getByRole("button", { name: "Step once" }).click();
    await page.waitForFunction((to) => Number(document.querySelector("progress")?.value) === to, i);
  }
  await page.goto(`${lab.address()}#inside`);
  for (const name of ["Weights", "Embeddings"]) {
    const panel = panelOf(page, name);
    await panel.waitFor();
    if ((await panel.getAttribute("open")) === null) await panel.locator("summary").click();
  }
  await showsStep(page, STEPS);
  return opened;
}

const panelOf = (page: Page, name: string): Locator =>
  page.locator("details", { has: page.getByRole("heading", { name, exact: true }) });
const showsStep = async (page: Page, step: number): Promise<void> => {
  await page.locator(`[data-tensor][data-step="${step}"]`).waitFor();
  await page.locator(`[data-embeddings][data-step="${step}"]`).waitFor();
};
const showsTensor = async (page: Page, name: string, kind = "weights"): Promise<void> => {
  await panelOf(page, "Weights").getByRole("combobox").selectOption(name);
  await page.getByRole("button", { name: kind, exact: true }).click();
  await page.locator(`[data-tensor="${name}"][data-kind=${kind}]`).waitFor();
};

/** The text of the cell that the arrow keys lead to. */
async function readCell(page: Page, row: number, column: number): Promise<string> {
  const map = panelOf(page, "Weights").getByRole("application");
  await map.focus();
  await map.press("Home");
  for (let i = 0; i < 30; i++) await map.press("ArrowUp");
  for (let i = 0; i < row; i++) await map.press("ArrowDown");
  for (let i = 0; i < column; i++) await map.press("ArrowRight");
  return (await panelOf(page, "Weights").locator("[aria-live]").first().textContent()) ?? "";
}

/** The positions in the list behind the picture, row by row: x, y, x, y. */
async function places(page: Page): Promise<number[]> {
  const texts = await panelOf(page, "Embeddings").locator("ul.hidden-text li").allTextContents();
  return texts.flatMap((text) => /\((.*), (.*)\)/.exec(text)?.slice(1).map(Number) ?? []);
}

/** Four digits of each, with the signs of `shown`, since an axis's sign has no meaning. */
function asShown(points: Float64Array, shown: readonly number[]): number[] {
  const sign = (axis: number): number =>
    shown.reduce((sum, x, i) => (i % 2 === axis ? sum + x * (points[i] ?? 0) : sum), 0) < 0 ? -1 : 1;
  return Array.from(points, (x, i) => Number(numeral(x * sign(i % 2))) + 0);
}

test("a cell has the number in the checkpoint of the same run, to the bit, and the histogram counts all of them", async () => {
  const { page, trouble } = await openInside();
  for (const step of [STEPS, 0]) {
    if (step === 0) {
      for (let i = 0; i <= STEPS; i++) await page.getByRole("button", { name: "Earlier moment" }).click();
      await showsStep(page, 0);
    }
    const run = await runAt(step);
    for (const [name, row, column, called] of [
      ["wte", 2, 5, "c, ch. 5"],
      ["lm_head", 26, 0, "BOS, ch. 0"],
      ["wpe", 3, 15, "pos. 3, ch. 15"],
      ["layer0.attn_wq", 6, 1, "head 2, 2, ch. 1"],
    ] as const) {
      await showsTensor(page, name);
      const data = tensor(run, name);
      const [where, number] = (await readCell(page, row, column)).split(": ");
      expect(where).toBe(called);
      expect(Math.fround(Number(number))).toBe(data[row * CHANNELS + column]);
      const mean = Array.from(data).reduce((a, b) => a + b, 0) / data.length;
      const said = await panelOf(page, "Weights")
        .locator("[aria-hidden=true]", { hasText: "numbers, mean" })
        .textContent();
      expect(said).toContain(`${data.length} numbers, mean ${numeral(mean)}`);
    }
    run.model.dispose();
  }
  expect(trouble).toEqual([]);
  await page.context().close();
});

test("the gradient is that of the first documents, and changes nothing", async () => {
  const { page, trouble } = await openInside();
  await showsTensor(page, "layer0.mlp_fc1", "gradient");
  const run = await runAt(STEPS);
  const { bos } = run.tokenizer;
  const documents = names.split("\n").slice(0, 8);
  const { gradients, loss } = await run.model.gradients(
    documents.map((text) => [bos, ...run.tokenizer.encode(text), bos]),
  );
  await page.getByText(`${numeral(loss)} nats a token, of the first 8 documents`).waitFor();
  const data = gradients.layers[0]?.mlp_fc1 ?? new Float32Array();
  const largest = Math.max(...Array.from(data, Math.abs));
  const number = Number((await readCell(page, 4, 3)).split(": ")[1]);
  expect(Math.abs(number - (data[4 * CHANNELS + 3] ?? Number.NaN))).toBeLessThanOrEqual(1e-6 * largest);
  await showsTensor(page, "layer0.mlp_fc1");
  const weight = Number((await readCell(page, 4, 3)).split(": ")[1]);
  expect(Math.fround(weight)).toBe(tensor(run, "layer0.mlp_fc1")[4 * CHANNELS + 3]);
  run.model.dispose();
  expect(trouble).toEqual([]);
  await page.context().close();
});

test("ridges represent the moments; selecting one with the keyboard opens it, with another picture", async () => {
  const { page, trouble } = await openInside();
  const ridges = panelOf(page, "Weights").locator("path[role=button]");
  await page.locator(`[data-counted="${STEPS + 1}"]`).waitFor();
  expect(await ridges.evaluateAll((all) => all.map((ridge) => ridge.getAttribute("aria-label")))).toEqual([
    "0",
    "1",
    "2",
    "3",
  ]);
  const before = await readCell(page, 0, 0);
  await ridges.last().focus();
  await ridges.last().press("Home");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await showsStep(page, 1);
  expect(await ridges.nth(1).getAttribute("aria-pressed")).toBe("true");
  expect(await page.getByRole("slider", { name: "Moment of the run" }).getAttribute("aria-valuetext")).toContain(
    "step 1",
  );
  expect(await readCell(page, 0, 0)).not.toBe(before);
  expect(trouble).toEqual([]);
  await page.context().close();
});

test.each(["wte", "wpe", "lm_head"] as const)(
  "the picture of %s shows the principal components of its rows",
  async (name) => {
    const { page, trouble } = await openInside();
    const panel = panelOf(page, "Embeddings");
    await panel.getByRole("combobox").selectOption(name);
    await page.locator(`[data-embeddings=${name}]`).waitFor();
    const run = await runAt(STEPS);
    const { points, shares } = pca(tensor(run, name), name === "wpe" ? 16 : 27);
    const shown = await places(page);
    expect(shown).toEqual(asShown(points, shown));
    await panel.getByText(`axis 1: ${percent(shares[0] ?? 0)} of the variance`).waitFor();
    run.model.dispose();
    expect(trouble).toEqual([]);
    await page.context().close();
  },
);

test("vowels are marked; a token selected with the keyboard lists its neighbors, which can be followed", async () => {
  const { page, trouble } = await openInside();
  const panel = panelOf(page, "Embeddings");
  expect(await panel.locator("g.marked title").allTextContents()).toEqual([..."aeiou"]);
  const shown = await places(page);
  const fromLeft = LETTERS.map((_, row) => row).sort((a, b) => (shown[2 * a] ?? 0) - (shown[2 * b] ?? 0));
  await panel.getByRole("application").focus();
  for (const key of ["Home", "ArrowRight", "ArrowRight", "Enter"]) await page.keyboard.press(key);
  const chosen = fromLeft[2] ?? -1;
  await panel.getByText(`Nearest to “${LETTERS[chosen]}”`).waitFor();
  const run = await runAt(STEPS);
  const near = neighboursOf(tensor(run, "wte"), 27, chosen, 8);
  const bars = panel.getByRole("button").filter({ hasText: /\d\.\d\d/ });
  const said = await bars.allTextContents();
  expect(said.map((text) => text.replace(/\s+/g, " ").trim())).toEqual(
    near.map(({ row, cosine }) => expect.stringContaining(`${LETTERS[row]} ${cosine.toFixed(2)}`)),
  );
  await bars.first().press("Enter");
  await panel.getByText(`Nearest to “${LETTERS[near[0]?.row ?? -1]}”`).waitFor();
  run.model.dispose();
  expect(trouble).toEqual([]);
  await page.context().close();
});

test.each([
  ["light", {}],
  ["dark", { dark: true }],
  ["on a telephone", { width: 390 }],
])("no obstacles for users: %s", async (_, options) => {
  const { page, trouble } = await openInside(options);
  await page.locator(`[data-counted="${STEPS + 1}"]`).waitFor();
  await page.evaluate(axe.source);
  for (const name of ["Weights", "Embeddings"]) {
    const found = await panelOf(page, name).evaluate(async (panel) => {
      const { violations } = await (window as unknown as { axe: typeof axe }).axe.run(panel);
      return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
    });
    expect(found).toEqual([]);
    const over = await panelOf(page, name).evaluate((panel) => panel.scrollWidth - panel.clientWidth);
    expect(over).toBe(0);
  }
  expect(trouble).toEqual([]);
  await page.context().close();
});
