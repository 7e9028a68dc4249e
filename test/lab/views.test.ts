/**
 * Pictures of each view of the lab with a trained model. With LAB_PICTURES=docs they are written to docs/lab/ for
 * docs/lab.md; otherwise they are checked and discarded.
 */

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { View } from "../../lab/src/state/route.ts";
import { words } from "../../lab/src/strings.ts";
import { LabBrowser } from "../support/lab.ts";
import { settled, turnTo } from "../support/lab-views.ts";

const lab = new LabBrowser();
const docs = fileURLToPath(new URL("../../docs/lab/", import.meta.url));
const kept = process.env.LAB_PICTURES === "docs";
const folder = kept ? docs : mkdtempSync(join(tmpdir(), "microgpt-pictures-"));
/** A picture of text on a plain background has some hundreds of colors; an empty view has a handful. */
const COLOURS = 100;
/** In bytes: documents should load at once. */
const LARGEST = 150_000;

let page: Page;
let trouble: string[];

/** The lab's first model, trained to its end: the same numbers each time. */
beforeAll(async () => {
  const context = await lab.context({ colorScheme: "light", reducedMotion: "reduce" });
  ({ page, trouble } = await lab.open("#train", context));
  await page.getByRole("button", { name: words.tour.refuse }).click();
  await page.getByLabel(words.train.pace).selectOption("full");
  await page.getByRole("button", { name: words.train.start, exact: true }).click();
  await page.getByRole("status").filter({ hasText: words.train.phase.finished }).waitFor({ timeout: 120_000 });
  mkdirSync(folder, { recursive: true });
}, 180_000);

afterAll(() => {
  if (!kept) rmSync(folder, { recursive: true, force: true });
});

const press = (name: string): Promise<void> => page.getByRole("button", { name, exact: true }).click();

/** Scrolls a part of the view to the top of the window, under the timeline. */
async function showFromTop(part: string): Promise<void> {
  await page
    .locator(part)
    .first()
    .evaluate((element) => element.scrollIntoView({ block: "start" }));
}

interface Shown {
  readonly name: string;
  readonly view: View;
  readonly dark?: boolean;
  /** Height of the window in pixels. Default 900. */
  readonly height?: number;
  readonly prepare?: () => Promise<void>;
}

const PICTURES: readonly Shown[] = [
  { name: "train", view: "train" },
  {
    name: "inside",
    view: "inside",
    dark: true,
    prepare: async () => {
      await page.getByLabel(words.inside.text, { exact: true }).fill("isabella");
      await page.locator("[data-tour=inside]").waitFor();
      await settled(page);
      await showFromTop("[data-tour=attention]");
    },
  },
  {
    name: "embeddings",
    view: "inside",
    prepare: async () => {
      await page.locator("[data-embeddings]").waitFor();
      await settled(page);
      await showFromTop("details:has([data-embeddings])");
    },
  },
  {
    name: "step",
    view: "step",
    prepare: async () => {
      await press(words.step.diagram.unfoldAll);
      await page.locator('[data-part="layer0.attn_wq"]').click();
      await settled(page);
      await showFromTop("[data-tour=step]");
    },
  },
  {
    name: "play",
    view: "play",
    prepare: async () => {
      await press(words.play.way.guess);
      await press(words.play.play);
      for (const [turn, guess] of [...Array.from("malen").entries()]) {
        await page.getByText(words.play.turn(turn + 1)).waitFor();
        await page.keyboard.type(guess);
      }
      await page.getByText(words.play.turn(6)).waitFor();
    },
  },
  { name: "take", view: "take", height: 760 },
];

/** The number of colors in a picture, as the browser reads it. */
function coloursOf(file: string): Promise<number> {
  return page.evaluate(
    async (base64) => {
      const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
      const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
      const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
      if (context === null) throw new Error("internal: no canvas");
      context.drawImage(bitmap, 0, 0);
      const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
      return new Set(new Uint32Array(data.buffer)).size;
    },
    readFileSync(file, "base64"),
  );
}

test.each(PICTURES)("$name", async ({ name, view, dark = false, height = 900, prepare }) => {
  await page.setViewportSize({ width: 1280, height });
  await page.emulateMedia({ colorScheme: dark ? "dark" : "light" });
  await turnTo(page, view);
  await prepare?.();
  await settled(page);
  const file = join(folder, `${name}.png`);
  await page.screenshot({ path: file, animations: "disabled", caret: "hide" });
  expect(await coloursOf(file)).toBeGreaterThan(COLOURS);
  expect(trouble).toEqual([]);
});

test.each(["docs/lab.md", "README.md"])("%s shows only pictures taken by this test, and they exist", (name) => {
  const text = readFileSync(new URL(`../../${name}`, import.meta.url), "utf8");
  const shown = [...text.matchAll(/!\[[^\]]*\]\((?:docs\/)?lab\/([\w-]+)\.png\)/g)].map(([, picture = ""]) => picture);
  expect(shown.length).toBeGreaterThan(0);
  for (const picture of shown) {
    expect(PICTURES.map((taken) => taken.name)).toContain(picture);
    const file = join(docs, `${picture}.png`);
    expect([picture, existsSync(file)]).toEqual([picture, true]);
    expect(statSync(file).size).toBeLessThan(LARGEST);
  }
});
