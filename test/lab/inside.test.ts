/** The view "Look inside" in a real browser: its numbers equal those of the library's own `inspect`. */

import { readFileSync } from "node:fs";
import axe from "axe-core";
import {
  filterProbabilities,
  type Inspection,
  inspect,
  parseDocuments,
  presets,
  probabilities,
  type Run,
  startRun,
  trainEach,
} from "microgpt";
import type { Page } from "playwright-core";
import { beforeAll, expect, test } from "vitest";
import { dataSets } from "../../lab/src/data/data-sets.ts";
import { LabBrowser, type LabPage } from "../support/lab.ts";

const lab = new LabBrowser();
const names = readFileSync(new URL("../../data/ssa-names-2018.txt", import.meta.url), "utf8");
const story = readFileSync(new URL("../../data/story.txt", import.meta.url), "utf8");
/** Enough for the heads to differ; after that many steps the page is compared with a run in Node. */
const STEPS = 40;
const TEXT = "marianna";

/** The page's first model, after that many steps. */
async function runAt(steps: number): Promise<Run> {
  const training = { ...presets.microgpt.training, numSteps: 5000, batchSize: 16, evalInterval: 250, evalIters: 20 };
  const run = startRun(parseDocuments("names", names), { training, valFraction: 0.1, strict: true });
  if (steps > 0) await trainEach(run, ({ step }) => (step === steps ? false : undefined));
  return run;
}

let trained: Run;
let untrained: Run;
beforeAll(async () => {
  [trained, untrained] = [await runAt(STEPS), await runAt(0)];
});

type Head = readonly [layer: number, head: number];
const inspected = ({ model, tokenizer }: Run, text: string, off: readonly Head[] = []): Inspection =>
  inspect(model.state(), [tokenizer.bos, ...tokenizer.encode(text)], { off });

/** Row r of R. */
function row(data: Float64Array, r: number, rows: number): number[] {
  const width = data.length / rows;
  return [...data.subarray(r * width, (r + 1) * width)];
}

/** The mean of -log p over the predicted tokens. */
function meanLoss({ tokens, logits }: Inspection): number {
  const losses = tokens
    .slice(1)
    .map((token, r) => -Math.log(probabilities(row(logits, r, tokens.length), 1)[token] ?? 0));
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}

/** Opens the lab, takes STEPS steps, and inspects a text. */
async function lookInside(text = TEXT): Promise<LabPage> {
  const opened = await lab.open();
  const { page } = opened;
  for (let step = 1; step <= STEPS; step++) {
    await page.getByRole("button", { name: "Step once" }).click();
    await page.waitForFunction((to) => Number(document.querySelector("progress")?.value) === to, step);
  }
  await page.getByRole("link", { name: "Look inside" }).click();
  await type(page, text);
  return opened;
}

async function type(page: Page, text: string): Promise<void> {
  await page.getByLabel("Text", { exact: true }).fill(text);
  await tokens(page).nth(text.length).waitFor();
  await expect.poll(() => tokens(page).count()).toBe(text.length + 1);
}

const tokens = (page: Page) => page.getByRole("toolbar", { name: "Tokens, shaded by their loss" }).getByRole("button");
const number = async (page: Page, name: string): Promise<number> =>
  Number(await page.locator(`[data-${name}]`).getAttribute(`data-${name}`));

/** The bars of a chart, in order. */
async function bars(page: Page, name: string | RegExp): Promise<Map<string, number>> {
  const items = page.getByRole("list", { name }).getByRole("listitem");
  const shown = await items.evaluateAll((all) =>
    all.map((item) => [item.querySelector(".label")?.textContent, item.querySelector(".value")?.textContent]),
  );
  return new Map(shown.map(([label = "", value = ""]) => [`${label}`.replace("▸", ""), Number.parseFloat(`${value}`)]));
}

/** Waits until bars show a distribution, in percent, within the rounding of the display and float32. */
async function expectChances(page: Page, name: string, chances: ArrayLike<number>): Promise<void> {
  const { tokenizer } = trained;
  const label = (id: number): string => (id === tokenizer.bos ? "BOS" : tokenizer.decode([id]));
  await expect
    .poll(
      async () => {
        const shown = await bars(page, name);
        const known = Array.from(chances, (chance, id) => [label(id), 100 * chance] as const);
        const differences = known.flatMap(([token, percent]) => {
          const value = shown.get(token);
          return value === undefined || percent === 0 ? [] : [Math.abs(value - percent)];
        });
        return {
          shown: shown.size,
          close: differences.length > 0 && differences.every((difference) => difference < 0.1),
        };
      },
      { timeout: 10_000 },
    )
    .toEqual({ shown: 12, close: true });
}

test("attention on screen sums to 1, and equals the library's, head by head and row by row", async () => {
  const { page, trouble } = await lookInside();
  const { attention } = inspected(trained, TEXT).layers[0] ?? { attention: new Float64Array() };
  const side = TEXT.length + 1;
  for (let head = 0; head < 4; head++) {
    await page.getByRole("button", { name: `Show layer 1, head ${head + 1}` }).click();
    for (const position of [0, 3, side - 1]) {
      await tokens(page).nth(position).click();
      const shown = await bars(page, new RegExp(`at position ${position} attends to$`));
      const weights = [...shown.values()];
      expect(weights).toHaveLength(position + 1);
      expect(Math.abs(weights.reduce((sum, weight) => sum + weight, 0) - 1)).toBeLessThan(0.0005 * weights.length);
      const expected = row(attention, head * side + position, 4 * side);
      for (const [label, weight] of shown) {
        expect(Math.abs(weight - (expected[Number.parseInt(label, 10)] ?? 0))).toBeLessThan(0.001);
      }
    }
  }
  expect(trouble).toEqual([]);
  await page.context().close();
});

test("the next token's probabilities are the library's, and the sliders filter like sampling", async () => {
  const { page, trouble } = await lookInside();
  const inspection = inspected(trained, TEXT);
  const logits = row(inspection.logits, 4, TEXT.length + 1);
  await tokens(page).nth(4).click();
  await expectChances(page, "Probabilities of the next token", probabilities(logits, 1));
  expect(await number(page, "mean-loss")).toBeCloseTo(meanLoss(inspection), 4);

  await page.getByLabel("Temperature").fill("0.5");
  await page.getByLabel("Top-k").fill("5");
  const left = filterProbabilities(probabilities(logits, 0.5), { topK: 5 });
  await expectChances(page, "Probabilities of the next token", left);
  const list = page.getByRole("list", { name: "Probabilities of the next token" });
  expect(await list.getByText("left out").count()).toBe(12 - 5);
  expect(trouble).toEqual([]);
  await page.context().close();
});

test("a head switched off has the library's effect, and switching it on again restores everything", async () => {
  const { page, trouble } = await lookInside();
  const [before, after] = [inspected(trained, TEXT), inspected(trained, TEXT, [[0, 2]])];
  const last = (inspection: Inspection): number[] =>
    probabilities(row(inspection.logits, TEXT.length, TEXT.length + 1), 1);
  expect(Math.abs(meanLoss(after) - meanLoss(before))).toBeGreaterThan(0.001);

  await page.getByLabel("layer 1, head 3 is on").uncheck();
  await expectChances(page, "With heads off", last(after));
  await expectChances(page, "With all heads on", last(before));
  expect(await number(page, "mean-loss")).toBeCloseTo(meanLoss(after), 4);
  expect(await number(page, "mean-loss-before")).toBeCloseTo(meanLoss(before), 4);

  await page.getByRole("button", { name: "All on again" }).click();
  await expectChances(page, "Probabilities of the next token", last(before));
  expect(await number(page, "mean-loss")).toBeCloseTo(meanLoss(before), 4);
  expect(trouble).toEqual([]);
  await page.context().close();
});

test("a moment of the run shows the model at that time", async () => {
  const { page, trouble } = await lookInside();
  expect(await number(page, "mean-loss")).toBeCloseTo(meanLoss(inspected(trained, TEXT)), 4);
  await page.getByRole("slider", { name: "Moment of the run" }).fill("0");
  const then = meanLoss(inspected(untrained, TEXT));
  await expect.poll(() => number(page, "mean-loss")).toBeCloseTo(then, 4);
  expect(Math.abs(then - meanLoss(inspected(trained, TEXT)))).toBeGreaterThan(0.01);
  expect(trouble).toEqual([]);
  await page.context().close();
});

test("text that is unreadable, or cut off, gets a message beside it, and the rest stays", async () => {
  const { page, trouble } = await lookInside();
  const loss = await number(page, "mean-loss");
  const field = page.getByLabel("Text", { exact: true });
  await field.fill("mar1");
  await page.getByText('got "1" (U+0031)').waitFor();
  expect(await field.getAttribute("aria-invalid")).toBe("true");
  expect(await number(page, "mean-loss")).toBe(loss);
  expect(await tokens(page).count()).toBe(TEXT.length + 1);

  await field.fill("abcdefghijklmnopqrst");
  await page.getByText("The model reads 16 tokens at a time: the last 5 of this text are beyond that").waitFor();
  expect(await tokens(page).count()).toBe(16);
  expect(trouble).toEqual([]);
  await page.context().close();
});

test("running text is read without BOS, up to its end, with line ends", async () => {
  const { page, trouble } = await lab.open();
  await page.getByLabel("Data set").selectOption("story");
  await page.getByText("Begin this run").click();
  await page.waitForFunction(() => document.querySelector("progress")?.max === 1500);
  await page.getByRole("link", { name: "Look inside" }).click();
  const text = "the cat\nand the ".repeat(4);
  // A field of several lines, as soon as the model of running text is shown.
  await page
    .locator("textarea")
    .and(page.getByLabel("Text", { exact: true }))
    .fill(text);
  await page.getByText("The model reads 48 tokens at a time: the first 16 of this text are beyond that").waitFor();
  expect(await tokens(page).count()).toBe(48);
  const shown = await tokens(page).evaluateAll((all) => all.map((token) => token.firstChild?.textContent?.trim()));
  expect(shown.join("")).toBe(text.slice(-48).replaceAll(" ", "␣").replaceAll("\n", "⏎"));
  const { model, tokenizer } = startRun(
    { name: "story", mode: "stream", docs: [story] },
    { ...dataSets.story.recommended, valFraction: 0.1 },
  );
  const inspection = inspect(model.state(), tokenizer.encode(text.slice(-48)));
  expect(await number(page, "mean-loss")).toBeCloseTo(meanLoss(inspection), 4);
  // The second layer is present: two layers of four heads.
  expect(await page.getByRole("button", { name: /^Show layer 2, head/ }).count()).toBe(4);
  expect(trouble).toEqual([]);
  await page.context().close();
});

test("by keyboard alone: a position, a head, a unit; and axe finds nothing", async () => {
  const { page, trouble } = await lookInside();
  await tokens(page).first().focus();
  for (const key of ["ArrowRight", "ArrowRight", "Enter"]) await page.keyboard.press(key);
  await page.getByRole("list", { name: "What “a” at position 2 attends to" }).waitFor();

  await page.getByLabel("layer 1, head 1 is on").focus();
  await page.keyboard.press("Space");
  await page.getByText("1 head off").waitFor();

  const map = page.getByRole("application", { name: "Units of the MLP of layer 1" });
  await map.focus();
  for (const key of ["ArrowDown", "ArrowRight", "ArrowRight", "ArrowRight", "Enter"]) await page.keyboard.press(key);
  await page.getByRole("toolbar", { name: "Unit 3 along the text" }).waitFor();
  expect(await tokens(page).nth(1).getAttribute("aria-pressed")).toBe("true");

  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await page.evaluate(axe.source);
    const complaints = await page.evaluate(
      `axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] })
        .then(({ violations }) => violations.map(({ id, nodes }) => id + ": " + nodes.map(({ html }) => html)))`,
    );
    expect(complaints).toEqual([]);
  }
  expect(trouble).toEqual([]);
  await page.context().close();
});
