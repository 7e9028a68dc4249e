/** The page around the views: shortcuts, theme, timeline, and browsers without some features. */

import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { words } from "../../lab/src/strings.ts";
import { LabBrowser } from "../support/lab.ts";

const lab = new LabBrowser();
const w = words.shell;
const { version }: { version: string } = JSON.parse(
  readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
);

const viewOf = (page: Page): Promise<string | null> => page.locator("nav [aria-current=page]").textContent();
const step = async (page: Page): Promise<number> => Number(await page.locator("progress").getAttribute("value"));

test("shortcuts change views, start and pause, and are listed by the question mark", async () => {
  const { page, trouble } = await lab.open();
  for (const [key, name] of [
    ["3", w.view.step],
    ["5", w.view.take],
    ["1", w.view.train],
  ] as const) {
    await page.keyboard.press(key);
    await expect.poll(() => viewOf(page)).toBe(name);
    expect(await page.title()).toBe(`${name} · ${w.title}`);
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe("MAIN");
  }
  await page.keyboard.press("s");
  await page.waitForFunction(() => Number(document.querySelector("progress")?.value) > 2);
  await page.keyboard.press("s");
  await page.getByRole("button", { name: words.train.resume, exact: true }).waitFor();
  const at = await step(page);
  await page.keyboard.press("?");
  const dialog = page.getByRole("dialog", { name: w.keyboard.heading });
  await dialog.waitFor();
  // The list only shows the keys.
  await page.keyboard.press("2");
  await page.keyboard.press("s");
  await dialog.getByLabel(w.keyboard.on).uncheck();
  await page.keyboard.press("Escape");
  await page.keyboard.press("2");
  expect(await viewOf(page)).toBe(w.view.train);
  expect(await step(page)).toBe(at);
  await page.reload();
  await page.waitForSelector("main h2");
  await page.keyboard.press("2");
  expect(await viewOf(page)).toBe(w.view.train);
  expect(trouble).toEqual([]);
  await page.context().close();
});

test("typing into a field is not a shortcut", async () => {
  const { page } = await lab.open();
  await page.getByLabel("Data set").selectOption({ label: words.train.setup.own });
  await page.getByLabel(/^Your own text/).pressSequentially("2 tests?");
  expect(await page.getByLabel(/^Your own text/).inputValue()).toBe("2 tests?");
  await page.getByLabel("Data set").focus();
  await page.keyboard.press("s");
  expect(await viewOf(page)).toBe(w.view.train);
  expect(await page.getByRole("dialog").count()).toBe(0);
  expect(await step(page)).toBe(0);
  await page.context().close();
});

test("the theme is chosen once and remembered", async () => {
  const context = await lab.context({ colorScheme: "light" });
  const { page } = await lab.open("#train", context);
  const lightness = (): Promise<number> =>
    page.evaluate(() => Number(/\d+/.exec(getComputedStyle(document.body).backgroundColor)?.[0]));
  expect(await lightness()).toBeGreaterThan(200);
  await page.getByRole("radio", { name: w.themes.dark }).check();
  await expect.poll(lightness).toBeLessThan(50);
  await page.reload();
  await page.waitForSelector("main h2");
  expect(await lightness()).toBeLessThan(50);
  await page.getByRole("radio", { name: w.themes.auto }).check();
  await expect.poll(lightness).toBeGreaterThan(200);
  await context.close();
});

test("the footer shows the version and the number of threads", async () => {
  for (const isolated of [true, false]) {
    const { page } = await lab.open("#train", undefined, isolated);
    const text = (await page.locator("footer").textContent()) ?? "";
    expect(text).toContain(`microgpt ${version}.`);
    expect([text.includes(w.manyThreads), text.includes(w.oneThread)]).toEqual([isolated, !isolated]);
    await page.context().close();
  }
});

test("the run can be started and paused from any view, and the timeline steps through its moments", async () => {
  const { page, trouble } = await lab.open("#take");
  const bar = page.getByRole("region", { name: words.moment.label });
  await bar.getByRole("button", { name: words.moment.train.ready, exact: true }).click();
  const slider = bar.getByRole("slider");
  await page.waitForFunction(() => Number(document.querySelector<HTMLInputElement>("[type=range]")?.max) > 3);
  await bar.getByRole("button", { name: words.moment.train.running }).click();
  await bar.getByRole("button", { name: words.moment.train.paused }).waitFor();
  await slider.focus();
  await page.keyboard.press("Home");
  await bar.getByText(words.moment.kept(0)).waitFor();
  expect(await slider.getAttribute("aria-valuetext")).toBe(words.moment.kept(0));
  await page.keyboard.press("ArrowRight");
  await bar.getByText(words.moment.kept(1)).waitFor();
  await bar.getByRole("button", { name: words.moment.now }).click();
  await bar.getByText("the newest weights").waitFor();
  expect(trouble).toEqual([]);
  await page.context().close();
});

test("without SIMD the readable engine trains, with an explanation", async () => {
  const context = await lab.context();
  await context.addInitScript(() => {
    WebAssembly.validate = () => false;
  });
  const { page, trouble } = await lab.open("#train", context);
  await page.getByText(w.noSimd).waitFor();
  expect(await page.getByLabel("Engine").inputValue()).toBe("scalar");
  await page.getByRole("button", { name: words.train.stepOnce }).click();
  await page.waitForFunction(() => Number(document.querySelector("progress")?.value) === 1);
  expect(trouble).toEqual([]);
  await context.close();
});

test("a compiled run left by a browser with SIMD can be restarted with the readable engine", async () => {
  const first = await lab.open();
  await first.page.close();
  await first.context.addInitScript(() => {
    WebAssembly.validate = () => false;
  });
  const { page } = await lab.open("#train", first.context);
  await page.getByRole("button", { name: w.beginScalar }).click();
  await expect.poll(() => page.getByLabel("Engine").inputValue(), { timeout: 10_000 }).toBe("scalar");
  expect(await page.getByRole("button", { name: w.beginScalar }).count()).toBe(0);
  await first.context.close();
});

test("a browser whose workers load no modules is told the requirements", async () => {
  const context = await lab.context();
  await context.addInitScript(() => {
    globalThis.Worker = class {
      terminate(): void {}
    } as unknown as typeof Worker;
  });
  const page = await context.newPage();
  await page.goto(lab.address());
  await page.getByText(w.tooOld(w.lacking.workers)).waitFor();
  await context.close();
});

test("a browser that cannot run the script shows the requirements, after a while", async () => {
  const context = await lab.context({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(lab.address());
  const line = page.getByText("If this line stays");
  expect(await line.isVisible()).toBe(false);
  await expect.poll(() => line.isVisible(), { timeout: 10_000 }).toBe(true);
  await context.close();
});
