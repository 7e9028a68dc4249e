/**
 * The view "One step" in a real browser: its numbers equal those of the library's readable engine, scalar by scalar.
 */

import { readFileSync } from "node:fs";
import axe from "axe-core";
import {
  mapParams,
  namedParams,
  paramShapes,
  parseDocuments,
  presets,
  type Run,
  ScalarGPT,
  ScalarTensor,
  startRun,
  trainEach,
} from "microgpt";
import type { Page } from "playwright-core";
import { beforeAll, expect, test } from "vitest";
import { LabBrowser, type LabPage } from "../support/lab.ts";

const lab = new LabBrowser();
const names = readFileSync(new URL("../../data/ssa-names-2018.txt", import.meta.url), "utf8");
const STEPS = 3;

/** The page's first model, after that many steps. */
async function runAt(steps: number): Promise<Run> {
  const training = { ...presets.microgpt.training, numSteps: 5000, batchSize: 16, evalInterval: 250, evalIters: 20 };
  const run = startRun(parseDocuments("names", names), { training, valFraction: 0.1, strict: true });
  if (steps > 0) await trainEach(run, ({ step }) => (step === steps ? false : undefined));
  return run;
}

interface Exact {
  readonly loss: number;
  readonly params: ReadonlyMap<string, ScalarTensor>;
}

/** The library's own answer: loss and backward of the readable engine. */
function exact({ model, tokenizer }: Run, text: string): Exact {
  const data = new Map(namedParams(model.state().weights));
  const params = mapParams(paramShapes(model.config), (shape, name) => ScalarTensor.from(shape, data.get(name) ?? []));
  const loss = new ScalarGPT(model.config, params).loss(tokenizer.encodeDocument(text));
  loss.backward();
  return { loss: loss.data, params: new Map(namedParams(params)) };
}

function gradientOf({ params }: Exact, name: string, row: number, column: number): number {
  const tensor = params.get(name);
  return tensor?.values[row * (tensor.shape[1] ?? 1) + column]?.grad ?? Number.NaN;
}

let untrained: Run;
let trained: Run;
beforeAll(async () => {
  [untrained, trained] = [await runAt(0), await runAt(STEPS)];
});

/** Opens the view after that many steps. */
async function openStep(steps = 0): Promise<LabPage> {
  const opened = await lab.open();
  const { page } = opened;
  for (let step = 1; step <= steps; step++) {
    await page.getByRole("button", { name: "Step once" }).click();
    await page.waitForFunction((to) => Number(document.querySelector("progress")?.value) === to, step);
  }
  await page.getByRole("link", { name: "One step" }).click();
  await page.waitForSelector("[data-step-loss]");
  return opened;
}

async function take(page: Page, text: string): Promise<void> {
  await page.getByLabel("Or type one").fill(text);
  await page.getByLabel("Or type one").press("Enter");
}

/** Selects a tensor, then an entry of it. */
async function look(page: Page, tensor: string, entry: string): Promise<void> {
  const box = page.locator(`[data-part="${tensor}"]`);
  if (!(await box.isVisible())) await page.getByRole("button", { name: "Unfold all" }).click();
  await box.click();
  await page.getByText(`${tensor}, Gradient`).waitFor();
  await page.getByLabel("Entry").fill(entry);
  await page.getByRole("button", { name: "Show this entry" }).click();
}

const stepLoss = async (page: Page): Promise<number> =>
  Number(await page.locator("[data-step-loss]").getAttribute("data-step-loss"));
const heading = (page: Page, name: string) =>
  page.locator("[data-explore=step]").getByRole("heading", { name: `This node: ${name}` });
const gradient = async (page: Page, graph = "step"): Promise<number> =>
  Number(await page.locator(`[data-explore=${graph}] [data-node-gradient]`).textContent());

test("loss and gradients on the screen are the readable engine's own, and a difference confirms them", async () => {
  const { page, context, trouble } = await openStep();
  await take(page, "mary");
  const mary = exact(untrained, "mary");
  await expect.poll(() => stepLoss(page)).toBeCloseTo(mary.loss, 12);

  await look(page, "layer0.attn_wq", "3,5");
  await heading(page, "layer0.attn_wq[3,5]").waitFor();
  // Ten digits are shown; exp and log may differ in the last bit between two versions of V8.
  const wanted = gradientOf(mary, "layer0.attn_wq", 3, 5);
  expect(Math.abs((await gradient(page)) - wanted)).toBeLessThan(1e-8 * Math.abs(wanted));

  const check = page.locator("[data-explore=step] [data-check]");
  await check.getByRole("button", { name: "Check this gradient" }).click();
  await check.getByText("They agree").waitFor();
  const slope = Number(await check.locator("[data-slope]").textContent());
  expect(Math.abs(slope - wanted)).toBeLessThan(1e-4 * Math.abs(wanted) + 1e-9);
  expect(slope).not.toBe(await gradient(page));

  // Its uses add up to it.
  const products = await page
    .locator("[data-node-panel] tbody tr td:last-child")
    .evaluateAll((cells) => cells.map((cell) => Number(cell.textContent)));
  expect(products).toHaveLength(5);
  expect(products.reduce((sum, x) => sum + x, 0)).toBeCloseTo(wanted, 6);

  // The source beside it is the model's line.
  await page.locator('[data-source="layer0.attn_wq"] .marked', { hasText: "layer.attn_wq" }).waitFor();
  expect(trouble).toEqual([]);
  await context.close();
});

test("after some steps it shows the current weights; another document keeps the selection", async () => {
  const { page, context, trouble } = await openStep(STEPS);
  await take(page, "anna");
  const anna = exact(trained, "anna");
  // float32 on two versions of V8, one perhaps with fused multiply-add.
  await expect.poll(() => stepLoss(page)).toBeCloseTo(anna.loss, 4);
  await look(page, "layer0.mlp_fc2", "1,2");
  await heading(page, "layer0.mlp_fc2[1,2]").waitFor();
  const wanted = gradientOf(anna, "layer0.mlp_fc2", 1, 2);
  expect(Math.abs((await gradient(page)) - wanted)).toBeLessThan(1e-3 * Math.abs(wanted) + 1e-6);

  const update = page.locator("[data-update]");
  await update.getByRole("button", { name: "What would the optimizer do?" }).click();
  await update.getByText(`With the optimizer's memory of the previous ${STEPS} steps`).waitFor();

  // While nothing trains, newer weights appear by themselves, and the selection stays.
  const before = await gradient(page);
  await page.getByRole("slider", { name: "Moment of the run" }).fill("0");
  await expect.poll(() => gradient(page)).not.toBe(before);
  await heading(page, "layer0.mlp_fc2[1,2]").waitFor();
  const first = gradientOf(exact(untrained, "anna"), "layer0.mlp_fc2", 1, 2);
  expect(Math.abs((await gradient(page)) - first)).toBeLessThan(1e-8 * Math.abs(first));
  expect(trouble).toEqual([]);
  await context.close();
});

test("the compiled engine finds the same gradient, within float32", async () => {
  const { page, context, trouble } = await openStep();
  const compare = page.locator("[data-compare]");
  await compare.getByRole("button", { name: "Compare with the compiled engine" }).click();
  const relative = Number(await compare.locator("[data-relative]").getAttribute("data-relative"));
  expect(relative).toBeGreaterThan(0);
  expect(relative).toBeLessThan(2e-5);
  expect(await compare.locator("tbody tr").count()).toBe(9);
  const shown = Number(
    await compare
      .getByRole("row", { name: /^lm_head/ })
      .getByRole("cell")
      .first()
      .textContent(),
  );
  const document = await page.getByLabel("Or type one").inputValue();
  const head = exact(untrained, document).params.get("lm_head")?.grad() ?? [];
  expect(shown).toBeCloseTo(Math.max(...Array.from(head, Math.abs)), 3);
  expect(trouble).toEqual([]);
  await context.close();
});

test("played: each box in turn, forward, then backward", async () => {
  const { page, context, trouble } = await openStep();
  await page.emulateMedia({ reducedMotion: "reduce" });
  const player = page.getByRole("group", { name: "Play the step", exact: true });
  await player.getByRole("button", { name: "To the beginning" }).click();
  await page.getByText("Nothing is computed yet").waitFor();
  const seen: string[] = [];
  const next = player.getByRole("button", { name: "One step on" });
  while (await next.isEnabled()) {
    await next.click();
    seen.push((await player.locator("[aria-live]").textContent())?.trim() ?? "");
  }
  const order = ["embedding", "layer 0", "logits", "losses", "loss"];
  expect(seen).toEqual([
    ...order.map((name) => `Forward: ${name} is computed.`),
    ...[...order].reverse().map((name) => `Backward: ${name} has its gradient, and passes it on.`),
    "Done: every number has its value, and its gradient.",
  ]);
  // Records each turn of automatic playing, since one lasts only an instant.
  await player.locator("[aria-live]").evaluate((line) => {
    const told: string[] = [];
    Object.assign(globalThis, { told });
    const note = (): unknown => told.push(line.textContent?.trim() ?? "");
    new MutationObserver(note).observe(line, { subtree: true, childList: true, characterData: true });
  });
  await player.getByRole("combobox").selectOption("400");
  await player.getByRole("button", { name: "Play" }).click();
  await expect.poll(() => page.evaluate<string[]>("told"), { timeout: 30_000 }).toEqual(expect.arrayContaining(seen));
  expect(trouble).toEqual([]);
  await context.close();
});

test("the sandbox: the numbers of a known expression, and one line for an invalid one", async () => {
  const { page, context, trouble } = await openStep();
  const field = page.getByLabel("Expression");
  await field.fill("(a*b + c).relu()");
  for (const [name, value] of Object.entries({ a: "2", b: "-3", c: "10" })) {
    await page.getByLabel(`Value of ${name}`).fill(value);
  }
  await expect.poll(() => page.locator("[data-sandbox-result]").textContent()).toBe("4");
  const tree = page.getByRole("region", { name: "Scalars that relu is computed from" });
  await tree.getByRole("button", { name: "a data 2 grad -3" }).click();
  await expect.poll(() => gradient(page, "sandbox")).toBe(-3);
  const check = page.locator("[data-explore=sandbox] [data-check]");
  await check.getByRole("button").click();
  await check.getByText("They agree").waitFor();

  // If relu is 0, so is every gradient.
  await page.getByLabel("Value of c").fill("1");
  await tree.getByRole("button", { name: "a data 2 grad 0" }).waitFor();
  await expect.poll(() => gradient(page, "sandbox")).toBe(0);

  await field.fill("a * (b + ");
  await page.locator("#sandbox-problem", { hasText: /column \d+/ }).waitFor();
  expect(await field.getAttribute("aria-invalid")).toBe("true");
  await field.fill("a * b");
  await expect.poll(() => page.locator("[data-sandbox-result]").textContent()).toBe("-6");
  expect(await page.locator("#sandbox-problem").textContent()).toBe("");
  expect(trouble).toEqual([]);
  await context.close();
});

test("by keyboard alone: unfold, a tensor, an entry, a neighbor, and back", async () => {
  const { page, context, trouble } = await openStep();
  await page.locator('[data-part="output"]').focus();
  await page.keyboard.press("Enter");
  await page.locator('[data-part="lm_head"]').focus();
  await page.keyboard.press("Enter");
  const map = page.getByRole("application", { name: "lm_head, Gradient" });
  await map.focus();
  for (const key of ["ArrowDown", "ArrowRight", "ArrowRight", "Enter"]) await page.keyboard.press(key);
  await heading(page, "lm_head[1,2]").waitFor();
  const terms = page.locator("[data-explore=step] [data-node-panel] table button");
  await terms.first().focus();
  await page.keyboard.press("Enter");
  await page
    .locator("[data-explore=step]")
    .getByRole("heading", { name: /^This node: × in logits\[\d,1\]/ })
    .waitFor();
  await page.getByRole("navigation", { name: "The way here" }).getByRole("button", { name: "Back" }).focus();
  await page.keyboard.press("Enter");
  await heading(page, "lm_head[1,2]").waitFor();
  expect(trouble).toEqual([]);
  await context.close();
});

test("invalid input: text outside the vocabulary, an entry outside the tensor, a model that is too large", async () => {
  const { page, context, trouble } = await openStep();
  const loss = await stepLoss(page);
  await take(page, "x1");
  await page.getByText('got "1" (U+0031)').waitFor();
  await take(page, "mary");
  await expect.poll(() => stepLoss(page)).not.toBe(loss);
  await page.getByLabel("Entry").fill("5,5");
  await page.getByRole("button", { name: "Show this entry" }).click();
  await page.getByText("An entry is two numbers, row (0 to 0) and column (0 to 0)").waitFor();
  await look(page, "wte", "25,0");
  await page.getByText("wte[25,0] takes no part in this document: its gradient is 0.").waitFor();

  await page.getByRole("link", { name: "Train" }).click();
  await page.getByText("Sizes and settings").click();
  await page.getByLabel("Channels", { exact: true }).fill("256");
  await page.getByLabel("Layers").fill("4");
  await page.getByRole("button", { name: "Begin this run" }).click();
  await page.getByText("3,163,648").waitFor();
  await page.getByRole("link", { name: "One step" }).click();
  await page.getByText(/one step: expected a graph of at most 2,000,000 scalars, .* train a smaller model/).waitFor();
  expect(trouble).toEqual([]);
  await context.close();
});

test("on a phone nothing is wider than the page; in both themes axe finds nothing", async () => {
  const { page, context, trouble } = await openStep();
  await look(page, "layer0.attn_wq", "3,5");
  await heading(page, "layer0.attn_wq[3,5]").waitFor();
  await page.locator("[data-explore=step]").getByRole("button", { name: "Check this gradient" }).click();
  await page.getByRole("button", { name: "What would the optimizer do?" }).click();
  await page.getByRole("button", { name: "Compare with the compiled engine" }).click();
  await page.waitForSelector("[data-relative]");
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.evaluate(axe.source);
    const complaints = await page.evaluate(
      `axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] })
        .then(({ violations }) => violations.map(({ id, nodes }) => id + ": " + nodes.map(({ html }) => html)))`,
    );
    expect(complaints).toEqual([]);
  }
  await page.setViewportSize({ width: 390, height: 844 });
  expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(390);
  expect(trouble).toEqual([]);
  await context.close();
});
