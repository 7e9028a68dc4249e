/** The lab without sight, without a mouse, and on a small screen: WCAG 2.1 A and AA. */

import axe from "axe-core";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { VIEWS } from "../../lab/src/state/route.ts";
import { words } from "../../lab/src/strings.ts";
import { LabBrowser } from "../support/lab.ts";
import { trainTo, turnTo, USES, unfold } from "../support/lab-views.ts";

const lab = new LabBrowser();
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"];

interface Found {
  readonly violations: readonly {
    readonly id: string;
    readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
  }[];
}

/** The findings of axe, a line for each element. */
async function violationsOf(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate<Found>(`axe.run({ runOnly: ${JSON.stringify(TAGS)} })`);
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(
      ({ html, failureSummary = "" }) => `${id}: ${html.slice(0, 200)} ${failureSummary.split("\n")[1]?.trim()}`,
    ),
  );
}

/** The elements wider than the window, if the page scrolls sideways. */
function tooWide(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) return [];
    return [...document.querySelectorAll("main *")]
      .filter((element) => element.getBoundingClientRect().right > width + 1)
      .map((element) => `${element.tagName.toLowerCase()}.${element.className}`)
      .slice(0, 8);
  });
}

/** Windows and colors; the smallest window is only tested in use. */
const CASES = [
  { name: "light", width: 1280, colorScheme: "light" },
  { name: "dark", width: 1280, colorScheme: "dark" },
  { name: "light on a phone", width: 390, colorScheme: "light" },
  { name: "dark on a small phone", width: 320, colorScheme: "dark" },
] as const;

describe.each(CASES)("axe finds nothing, and nothing is wider than the window: $name", ({ width, colorScheme }) => {
  /** Opens the lab, uses it, and returns all findings. */
  async function lookAround(way: (page: Page, look: (what: string) => Promise<void>) => Promise<void>): Promise<void> {
    const context = await lab.context({ viewport: { width, height: 844 }, colorScheme, reducedMotion: "reduce" });
    const { page, trouble } = await lab.open("#train", context);
    const found: string[] = [];
    await way(page, async (what) => {
      found.push(...(await violationsOf(page)).map((line) => `${what}: ${line}`));
      found.push(...(await tooWide(page)).map((line) => `${what}, too wide: ${line}`));
    });
    expect(found).toEqual([]);
    expect(trouble).toEqual([]);
    await context.close();
  }

  const beginning = (): Promise<void> =>
    lookAround(async (page, look) => {
      for (const view of VIEWS) {
        await turnTo(page, view);
        await unfold(page);
        await look(view);
      }
      await page.keyboard.press("?");
      await look("quick keys");
      await page.keyboard.press("Escape");
      await page.getByRole("button", { name: words.shell.tour, exact: true }).click();
      for (const name of ["data", "train", "inside"] as const) {
        await page.getByRole("dialog", { name: words.tour.steps[name].title }).waitFor();
        await look(`tour, ${name}`);
        await page.getByRole("button", { name: words.tour.next, exact: true }).click();
      }
    });
  if (width >= 390) test("before training, with all that unfolds, in the tour and the list of keys", beginning);

  test("after some training, with everything unfolded, and in use", () =>
    lookAround(async (page, look) => {
      await trainTo(page, 60);
      for (const view of VIEWS) {
        await turnTo(page, view);
        await unfold(page);
        await look(view);
        for (const [index, use] of USES[view].entries()) {
          await use(page);
          await unfold(page);
          await look(`${view}, in use ${index}`);
        }
      }
    }));
});

/** Presses Tab until an element of that name has the focus. Errors: it is not among the next 60. */
async function tabTo(page: Page, name: string | RegExp, key = "Tab"): Promise<void> {
  const passed: string[] = [];
  for (let presses = 0; presses < 60; presses++) {
    await page.keyboard.press(key);
    const at = await page.evaluate(() => {
      const { activeElement: element } = document;
      return element?.getAttribute("aria-label") ?? element?.textContent?.trim() ?? "";
    });
    if (typeof name === "string" ? at === name : name.test(at)) return;
    passed.push(at.slice(0, 30));
  }
  throw new Error(`Tab never came to ${name}, but to ${passed.join(" | ")}`);
}

test("with the keyboard alone: skip, start, pause, another view, an earlier moment, and back", async () => {
  const { page, trouble } = await lab.open();
  await page.keyboard.press("Tab");
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe(words.shell.skip);
  const skip = await page.locator(".skip").boundingBox();
  expect(skip?.x).toBeGreaterThanOrEqual(0);
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe(words.train.start);
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => Number(document.querySelector("progress")?.value) > 5);
  // Start has become Pause, and keeps the focus.
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe(words.train.pause);
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: words.train.resume, exact: true }).waitFor();
  await tabTo(page, words.shell.view.take, "Shift+Tab");
  await page.keyboard.press("Enter");
  await page.getByRole("region", { name: words.moment.label }).waitFor();
  expect(await page.evaluate(() => document.activeElement?.tagName)).toBe("MAIN");
  await tabTo(page, words.moment.label, "Shift+Tab");
  await page.keyboard.press("Home");
  await page.getByText(words.moment.kept(0)).waitFor();
  await page.keyboard.press("End");
  await page.getByText("the newest weights").waitFor();
  await tabTo(page, words.shell.view.train, "Shift+Tab");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: words.train.resume, exact: true }).waitFor();
  expect(trouble).toEqual([]);
  await page.context().close();
});
