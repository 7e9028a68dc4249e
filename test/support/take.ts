/** Actions in the lab's Take view. */

import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import type { Download, Page } from "playwright-core";

export const press = (page: Page, name: string): Promise<void> =>
  page.getByRole("button", { name, exact: true }).click();

/** Goes to one of the views. */
export async function go(page: Page, view: string): Promise<void> {
  await page.getByRole("navigation", { name: "Views" }).getByRole("link", { name: view }).click();
}

/** Takes a number of single steps in the Train view. */
export async function step(page: Page, count: number): Promise<void> {
  const before = Number(await page.locator("progress").getAttribute("value"));
  for (let i = 1; i <= count; i++) {
    await press(page, "Step once");
    await page.waitForFunction((to) => Number(document.querySelector("progress")?.value) === to, before + i);
  }
}

/** Opens a model file in the Take view. */
export async function openModel(page: Page, path: string): Promise<void> {
  await go(page, "Take away");
  await page.getByLabel("Model file", { exact: true }).setInputFiles(path);
}

/** The file that a button downloads. */
export async function downloaded(page: Page, button: string): Promise<{ name: string; bytes: Uint8Array }> {
  const [download] = await Promise.all([page.waitForEvent("download"), press(page, button)]);
  return { name: basename(download.suggestedFilename()), bytes: await bytesOf(download) };
}

async function bytesOf(download: Download): Promise<Uint8Array> {
  return new Uint8Array(await readFile(await download.path()));
}

/** The commands shown by the view, by purpose, without `npx microgpt`. */
export async function commands(page: Page): Promise<ReadonlyMap<string, string>> {
  const lines = await page
    .locator("li:has(code)")
    .evaluateAll((items) =>
      items.map((item) => [item.querySelector(".quiet-text")?.textContent, item.querySelector("code")?.textContent]),
    );
  return new Map(lines.map(([does = "", line]) => [does ?? "", wordsOf(line ?? "")]));
}

function wordsOf(line: string): string {
  const words = line.trim().replaceAll(/\s+/g, " ");
  if (!words.startsWith("npx microgpt ")) throw new Error(`not a command: ${words}`);
  return words.slice("npx microgpt ".length);
}
