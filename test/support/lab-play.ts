/** Opens the view Play for tests, with its runs. */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Corpus, type Run, startRun, TRAINING_HELP } from "microgpt";
import type { Locator, Page } from "playwright-core";
import { expect } from "vitest";
import { dataSets } from "../../lab/src/data/data-sets.ts";
import { words } from "../../lab/src/strings.ts";
import { recommend } from "../../lab/src/worker/train/recommend.ts";
import type { LabBrowser, LabPage } from "./lab.ts";

const read = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`../../data/${name}`, import.meta.url)), "utf8");
const [names, story] = [read("ssa-names-2018.txt"), read("story.txt")];

/** A run of a data set with the lab's settings. */
export async function runOf(id: "names" | "story"): Promise<{ corpus: Corpus; run: Run }> {
  const corpus = await dataSets[id].load({ names: () => names, story: () => story, source: () => [] });
  return {
    corpus,
    run: startRun(corpus, { valFraction: 0.1, strict: true, ...recommend({ name: id }, corpus, "wasm") }),
  };
}

/** The training names of a run, and the held-out ones. */
export function splitOf({ data }: Run): { readonly train: readonly string[]; readonly val: readonly string[] } {
  if (data.mode !== "documents") throw new Error("internal: names are documents");
  return data;
}

/** One way to play, with the first weights of a run of the names. */
export async function openPlay(lab: LabBrowser, way: string, width = 1280): Promise<LabPage> {
  const context = await lab.context({ viewport: { width, height: 844 } });
  await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: lab.address() });
  const opened = await lab.open("#play", context);
  await button(opened.page, way).click();
  return opened;
}

/** Play, with the first weights of a run of the story, which is running text. */
export async function openStory(lab: LabBrowser): Promise<LabPage> {
  const opened = await lab.open("#train");
  const { page } = opened;
  await page.getByLabel(words.train.setup.dataSet).selectOption("story");
  const steps = page.getByLabel(TRAINING_HELP.numSteps.label, { exact: true });
  await expect.poll(() => steps.inputValue()).toBe("1500");
  await button(page, words.train.setup.begin).click();
  await page.getByText(words.train.progress(0, 1500)).first().waitFor();
  await page.getByRole("link", { name: words.shell.view.play }).click();
  return opened;
}

export function button(page: Page, name: string): Locator {
  return page.getByRole("button", { name, exact: true });
}

export function field(page: Page, name: string): Locator {
  return page.getByLabel(name, { exact: true });
}
