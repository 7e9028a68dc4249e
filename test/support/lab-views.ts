/** Brings the lab into the states that tests look at. */

import type { Page } from "playwright-core";
import { expect } from "vitest";
import type { View } from "../../lab/src/state/route.ts";
import { words } from "../../lab/src/strings.ts";

/** Opens a view, and waits until it shows the model. */
export async function turnTo(page: Page, view: View): Promise<void> {
  await page.locator(`nav a[href="#${view}"]`).click();
  await page.locator(`nav a[href="#${view}"][aria-current]`).waitFor();
  await settled(page);
}

/** Waits until nothing in the view has changed for a while. */
export async function settled(page: Page, quietMs = 400): Promise<void> {
  await page.evaluate(
    (quiet) =>
      new Promise<void>((resolve) => {
        let timer = setTimeout(resolve, quiet);
        new MutationObserver(() => {
          clearTimeout(timer);
          timer = setTimeout(resolve, quiet);
        }).observe(document.body, { subtree: true, childList: true, characterData: true });
      }),
    quietMs,
  );
}

/** Trains by single steps and at full speed to a step or slightly beyond, and stops there. */
export async function trainTo(page: Page, step: number): Promise<void> {
  await turnTo(page, "train");
  await page.getByLabel(words.train.pace).selectOption("full");
  await page.getByRole("button", { name: words.train.start, exact: true }).click();
  await page.waitForFunction((to) => Number(document.querySelector("progress")?.value) >= to, step);
  await page.getByRole("button", { name: words.train.pause, exact: true }).click();
  await page.getByRole("button", { name: words.train.resume, exact: true }).waitFor();
}

/** Actions in each view that show more of it; each leaves the page ready for the next. */
export const USES: Readonly<Record<View, readonly ((page: Page) => Promise<unknown>)[]>> = {
  train: [],
  inside: [
    async (page) => {
      await press(page, words.inside.attention.arcs);
      await page.locator("[data-tour=inside] input").first().uncheck();
    },
  ],
  step: [
    async (page) => {
      await press(page, words.step.diagram.unfoldAll);
      await page.locator('[data-part="layer0.attn_wq"]').click();
      await page.getByLabel(words.step.tensor.entry, { exact: true }).fill("0,3");
      await press(page, words.step.tensor.go);
      await settled(page);
      await page.getByRole("button", { name: words.step.check.button }).first().click();
      await press(page, words.step.update.button);
      await press(page, words.step.compare.button);
      await page.getByText(words.step.compare.largest).waitFor();
    },
  ],
  play: [
    async (page) => {
      await press(page, words.play.way.write);
      await press(page, words.play.write);
      await page.getByText(words.play.novelty).waitFor();
    },
    async (page) => {
      await press(page, words.play.way.step);
      await press(page, words.play.draw);
      await press(page, words.play.likeliest);
    },
    async (page) => {
      await press(page, words.play.way.guess);
      await press(page, words.play.play);
      await page.getByText(words.play.turn(1)).waitFor();
      await page.keyboard.type("a");
      await page.getByText(words.play.turn(2)).waitFor();
      await press(page, words.play.finish);
    },
  ],
  take: [
    async (page) => {
      await press(page, words.take.link.make);
      await page.getByRole("textbox", { name: words.take.link.field }).waitFor();
    },
  ],
};

function press(page: Page, name: string): Promise<void> {
  return page.getByRole("button", { name, exact: true }).click();
}

/** Unfolds everything in the view, and the parts that appear. */
export async function unfold(page: Page): Promise<void> {
  const open = (): Promise<number> =>
    page.evaluate(() => {
      const folded = document.querySelectorAll<HTMLDetailsElement>("main details:not([open])");
      for (const details of folded) details.open = true;
      return folded.length;
    });
  await expect.poll(open).toBe(0);
  await settled(page);
}
