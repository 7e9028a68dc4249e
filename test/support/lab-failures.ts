/** Shared by the tests of the lab's failures: pressing and reading the page, and the library's own losses. */

import { readFileSync } from "node:fs";
import { parseDocuments, presets, type Run, startRun, trainEach } from "microgpt";
import type { Locator, Page, Worker } from "playwright-core";

const names = readFileSync(new URL("../../data/ssa-names-2018.txt", import.meta.url), "utf8");

/** Words that no message may contain. */
export const NO_WORDS: RegExp = /internal|\[object|undefined|NaN|Error|\n\s+at /;

/** The page's first run, made with the library. */
export function defaultRun(): Run {
  const training = { ...presets.microgpt.training, numSteps: 5000, batchSize: 16, evalInterval: 250, evalIters: 20 };
  return startRun(parseDocuments("names", names), { training, valFraction: 0.1, strict: true });
}

/** The library's loss after each of a number of steps, formatted like the page's. */
export async function lossesOf(run: Run, steps: number): Promise<number[]> {
  const losses: number[] = [];
  await trainEach(run, ({ step, loss }) => {
    losses.push(Number(loss.toFixed(4)));
    return step === steps ? false : undefined;
  });
  return losses;
}

/** Presses a button by its whole name. */
export const press = (page: Page, name: string): Promise<void> =>
  page.getByRole("button", { name, exact: true }).click();
export const pace = (page: Page, label: string): Promise<unknown> => page.getByLabel("Pace").selectOption({ label });
export const stepOf = async (page: Page): Promise<number> =>
  Number(await page.locator("progress").getAttribute("value"));
export const lossOf = async (page: Page): Promise<number> =>
  Number(await page.locator("[data-number=loss]").textContent());
/** Waits until the page shows the text. */
export const says = (page: Page, text: string): Promise<void> =>
  page.getByText(text, { exact: false }).first().waitFor({ timeout: 60_000 });
/** Waits until the run is at a step, or beyond it. */
export const reach = (page: Page, step: number): Promise<unknown> =>
  page.waitForFunction((to) => Number(document.querySelector("progress")?.value) >= to, step, { timeout: 60_000 });
/** The form for a new run. */
export const setUp = (page: Page): Locator => page.getByRole("region", { name: "A new run" });

/** Begins the run in the form, and waits until it has begun or was refused. */
export async function begin(page: Page): Promise<void> {
  await press(page, "Begin this run");
  await page.waitForFunction(
    () => [...document.querySelectorAll("button")].some((x) => x.textContent === "Begin this run" && !x.disabled),
    undefined,
    { timeout: 120_000 },
  );
}

/** Checks that the present run continues normally. */
export async function stillWorks(page: Page): Promise<void> {
  const before = await stepOf(page);
  await press(page, "Step once");
  await reach(page, before + 1);
}

/** One of the page's live workers. Errors: there is none of that name. */
export async function workerNamed(page: Page, name: string): Promise<Worker> {
  for (const worker of page.workers()) {
    if ((await worker.evaluate(() => self.name).catch(() => "")).startsWith(`${name} `)) return worker;
  }
  throw new Error(`no worker called ${name}`);
}
