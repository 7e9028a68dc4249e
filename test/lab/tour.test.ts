/** The tour: offered once, usable by keyboard and mouse, and never covering its subject. */

import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { words } from "../../lab/src/strings.ts";
import { STEPS } from "../../lab/src/tour/steps.ts";
import { LabBrowser } from "../support/lab.ts";
import { settled } from "../support/lab-views.ts";

const lab = new LabBrowser();
const w = words.tour;

const press = (page: Page, name: string): Promise<void> => page.getByRole("button", { name, exact: true }).click();
const focused = (page: Page): Promise<string> =>
  page.evaluate(() => document.activeElement?.getAttribute("role") ?? document.activeElement?.textContent ?? "");

interface CardPosition {
  /** The `data-tour` of the marked part. */
  readonly name: string | null;
  readonly seen: boolean;
  /** The covered share of the visible part of the target. */
  readonly hidden: number;
  /** True if the card is completely in the window. */
  readonly inside: boolean;
}

/** The position of the card and of its target. */
function placeOf(page: Page): Promise<CardPosition> {
  return page.evaluate(() => {
    const card = document.querySelector("[role=dialog]")?.getBoundingClientRect();
    const marked = document.querySelector("[data-tour-now]");
    const target = marked?.getBoundingClientRect();
    if (card === undefined || marked === null || target === undefined) throw new Error("no card, or nothing marked");
    const overlap = (a: DOMRect, b: DOMRect): number =>
      Math.max(0, Math.min(a.right, b.right) - Math.max(a.left, b.left)) *
      Math.max(0, Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top));
    const seen = overlap(target, new DOMRect(0, 0, innerWidth, innerHeight));
    return {
      name: marked.getAttribute("data-tour"),
      seen: seen > 0 && target.top < innerHeight / 2 + 150,
      hidden: overlap(card, target) / seen,
      inside: card.left >= 0 && card.top >= 0 && card.right <= innerWidth && card.bottom <= innerHeight,
    };
  });
}

test("is offered on the first visit, once; later there is the button", async () => {
  const { page, context, trouble } = await lab.open();
  await page.getByText(w.offer).waitFor();
  await press(page, w.refuse);
  expect(await page.getByText(w.offer).count()).toBe(0);
  await page.reload();
  await page.waitForSelector("main h2");
  expect(await page.getByText(w.offer).count()).toBe(0);
  await press(page, words.shell.tour);
  await page.getByRole("dialog", { name: w.steps.data.title }).waitFor();
  expect(trouble).toEqual([]);
  await context.close();
});

test("an unanswered offer is not repeated", async () => {
  const { page, context } = await lab.open();
  await page.getByText(w.offer).waitFor();
  await page.reload();
  await page.waitForSelector("main h2");
  expect(await page.getByText(w.offer).count()).toBe(0);
  await context.close();
});

test.each([
  ["a desk", 1280, 900],
  ["a phone", 390, 844],
])("on %s each step shows its subject, with the card beside it", async (_, width, height) => {
  const context = await lab.context({ viewport: { width, height }, reducedMotion: "reduce" });
  const { page, trouble } = await lab.open("#take", context);
  await press(page, w.start);
  for (const [index, { name, view }] of STEPS.entries()) {
    const card = page.getByRole("dialog", { name: w.steps[name].title });
    await card.waitFor();
    expect(await card.textContent()).toContain(w.progress(index + 1, STEPS.length));
    await page.locator(`[data-tour="${name}"][data-tour-now]`).waitFor();
    await settled(page);
    expect(await page.evaluate(() => location.hash)).toBe(`#${view}`);
    const { hidden, ...place } = await placeOf(page);
    expect(place).toEqual({ name, seen: true, inside: true });
    // A target as high as the window cannot be completely visible beside a card.
    expect(hidden).toBeLessThan(width > 1000 || index < 3 || name === "play" ? 0.01 : 0.4);
    expect(await page.locator("[data-tour-now]").count()).toBe(1);
    expect(await focused(page)).toBe("dialog");
    if (index < STEPS.length - 1) await press(page, w.next);
  }
  await press(page, w.back);
  await page.getByRole("dialog", { name: w.steps.play.title }).waitFor();
  await press(page, w.next);
  await press(page, w.finish);
  expect(await page.getByRole("dialog").count()).toBe(0);
  expect(await page.locator("[data-tour-now]").count()).toBe(0);
  // The offer had the focus and is gone, so the tour's button has it.
  expect(await focused(page)).toBe(words.shell.tour);
  expect(trouble).toEqual([]);
  await context.close();
});

test("a step's task can be done beside it with the keyboard, and Escape restores the focus", async () => {
  const { page, trouble } = await lab.open();
  await page.getByRole("button", { name: words.shell.tour, exact: true }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("dialog", { name: w.steps.data.title }).waitFor();
  await page.keyboard.press("Tab");
  expect(await focused(page)).toBe(w.next);
  await page.keyboard.press("Enter");
  await page.getByRole("dialog", { name: w.steps.train.title }).waitFor();
  // Back, Next, End, and then the subject.
  await expect.poll(() => focused(page)).toBe("dialog");
  for (let presses = 0; presses < 4; presses++) await page.keyboard.press("Tab");
  expect(await focused(page)).toBe(words.train.start);
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => Number(document.querySelector("progress")?.value) > 3);
  await page.getByRole("dialog", { name: w.steps.train.title }).waitFor();
  await page.keyboard.press("Escape");
  expect(await page.getByRole("dialog").count()).toBe(0);
  expect(await focused(page)).toBe(words.shell.tour);
  expect(trouble).toEqual([]);
  await page.context().close();
});

test.each([
  ["no-preference", "smooth"],
  ["reduce", "auto"],
] as const)("who asks for motion: %s, gets scrolling: %s", async (reducedMotion, expected) => {
  const context = await lab.context({ reducedMotion });
  await context.addInitScript(() => {
    const scrolled: unknown[] = [];
    Object.assign(globalThis, { scrolled });
    Element.prototype.scrollIntoView = (how) => {
      if (typeof how === "object") scrolled.push(how.behavior);
    };
  });
  const { page } = await lab.open("#train", context);
  await press(page, w.start);
  await page.waitForFunction("scrolled.length > 0");
  expect(await page.evaluate<unknown[]>("[...new Set(scrolled)]")).toEqual([expected]);
  await context.close();
});
