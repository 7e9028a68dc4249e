/** The lab brought to where a test wants to look at it. */

import type { Page } from "playwright-core";
import { expect } from "vitest";
import type { View } from "../../lab/src/state/route.ts";
import { words } from "../../lab/src/strings.ts";

/** Opens a view, and waits until it shows what it has to show of the model. */
export async function turnTo(page: Page, view: View): Promise<void> {
  await page.locator(`nav a[href="#${view}"]`).click();
  await page.locator(`nav a[href="#${view}"][aria-current]`).waitFor();
  await settled(page);
}

/** Waits until nothing is added to the view, or changed in it, for a while. */
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

/** Trains by single steps and at full speed to a step or a little further, and stops there. */
export async function trainTo(page: Page, step: number): Promise<void> {
  await turnTo(page, "train");
  await page.getByLabel(words.train.pace).selectOption("full");
  await page.getByRole("button", { name: words.train.start, exact: true }).click();
  await page.waitForFunction((to) => Number(document.querySelector("progress")?.value) >= to, step);
  await page.getByRole("button", { name: words.train.pause, exact: true }).click();
  await page.getByRole("button", { name: words.train.resume, exact: true }).waitFor();
}

/** Unfolds everything in the view that is folded, and what that brings. */
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
