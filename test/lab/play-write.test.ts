/** The view Play in a real browser: the model's texts equal the library's with the same weights. */

import { noveltyReport, Random, sample, splitTail, train as steps } from "microgpt";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { words } from "../../lab/src/strings.ts";
import { LabBrowser } from "../support/lab.ts";
import { button, field, openPlay, openStory, runOf, splitOf } from "../support/lab-play.ts";

const lab = new LabBrowser();
const { run } = await runOf("names");
const { model, tokenizer } = run;
const { train } = splitOf(run);

async function write(page: Page, step = 0): Promise<string[]> {
  await button(page, words.play.write).click();
  await page
    .getByRole("status")
    .filter({ hasText: `by the weights after step ${step}.` })
    .waitFor();
  return page.locator("ol .text").allTextContents();
}

test("the texts equal the library's, marked if they are copies, and can be copied", async () => {
  const { page, trouble } = await openPlay(lab, words.play.way.write);
  const plain = { random: new Random(42), temperature: 0.5 };
  expect(await write(page)).toEqual(Array.from({ length: 20 }, () => sample(model, tokenizer, plain)));

  await field(page, words.play.prompt).fill("anna");
  await field(page, words.play.temperature).fill("0.9");
  await field(page, words.play.topK).fill("20");
  await field(page, words.play.topP).fill("0.95");
  await field(page, words.play.repetitionPenalty).fill("1.1");
  await field(page, words.play.seed).fill("7");
  await field(page, words.play.count).fill("200");
  const settings = { temperature: 0.9, topK: 20, topP: 0.95, repetitionPenalty: 1.1, start: "anna" };
  const random = new Random(7);
  const texts = Array.from({ length: 200 }, () => sample(model, tokenizer, { ...settings, random }));
  expect(await write(page)).toEqual(texts);

  const known = new Set(train);
  const copied = texts.filter((text) => known.has(text));
  expect(copied.length).toBeGreaterThan(0);
  const marked = page.locator("li").filter({ hasText: words.play.inData.documents }).locator(".text");
  expect(await marked.allTextContents()).toEqual(copied);
  const { summary } = noveltyReport(texts, { name: "the training data", docs: train });
  expect(await page.locator(".novelty").textContent()).toContain(summary);

  await button(page, words.play.copy).click();
  await page.getByText(words.play.copied, { exact: true }).waitFor();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(texts.join("\n"));
  expect(trouble).toEqual([]);
});

test("the weights that write are the trained ones", async () => {
  const { page, trouble } = await lab.open("#train");
  for (const step of [1, 2, 3]) {
    await button(page, words.train.stepOnce).click();
    await page
      .getByText(words.train.progress(step, run.progress.settings.numSteps), { exact: false })
      .first()
      .waitFor();
  }
  await page.getByRole("link", { name: words.shell.view.play }).click();
  const { run: trained } = await runOf("names");
  let left = 3;
  for await (const _ of steps(trained)) if (--left === 0) break;
  const random = new Random(42);
  const texts = Array.from({ length: 20 }, () => sample(trained.model, tokenizer, { random }));
  expect(await write(page, 3)).toEqual(texts);
  expect(trouble).toEqual([]);
});

test("running text continues from the prompt, for the chosen length", async () => {
  const { page, trouble } = await openStory(lab);
  const { run: story, corpus } = await runOf("story");
  await field(page, words.play.prompt).fill("The lamp\n");
  await field(page, words.play.maxNewTokens).fill("300");
  const options = { random: new Random(42), mode: "stream", start: "The lamp\n", maxNewTokens: 300 } as const;
  const texts = Array.from({ length: 3 }, () => sample(story.model, story.tokenizer, options));
  expect(await write(page)).toEqual(texts);
  const drawn = texts.map((text) => text.slice("The lamp\n".length));
  const learned = { name: "the training data", mode: "stream", docs: splitTail(corpus.docs, 0.1).train } as const;
  expect(await page.locator(".novelty").textContent()).toContain(noveltyReport(drawn, learned).summary);
  await field(page, words.play.maxNewTokens).fill("0");
  await button(page, words.play.write).click();
  await page.getByRole("alert").filter({ hasText: "Length to be" }).waitFor();
  expect(trouble).toEqual([]);
});

test("the dice sets another seed, and another seed gives other texts", async () => {
  const { page } = await openPlay(lab, words.play.way.write);
  const before = await write(page);
  await button(page, words.play.dice).click();
  const seed = Number(await field(page, words.play.seed).inputValue());
  expect(Number.isSafeInteger(seed)).toBe(true);
  expect(await page.locator("ol .text").allTextContents()).toEqual(before);
  const after = await write(page);
  if (seed !== 42) expect(after).not.toEqual(before);
  const random = new Random(seed);
  expect(after).toEqual(Array.from({ length: 20 }, () => sample(model, tokenizer, { random })));
});

test("Stop ends it, and the texts stay", async () => {
  const { page, trouble } = await openPlay(lab, words.play.way.write);
  await field(page, words.play.count).fill("1000");
  await button(page, words.play.write).click();
  // As soon as some texts are there: a thousand would take several times as long.
  await page.evaluate(
    (stop) =>
      new Promise<void>((done) => {
        const look = (): void => {
          if (document.querySelectorAll("ol .text").length < 3) return void requestAnimationFrame(look);
          [...document.querySelectorAll("button")].find((one) => one.textContent?.trim() === stop)?.click();
          done();
        };
        look();
      }),
    words.play.stop,
  );
  await page.getByRole("status").filter({ hasText: "by the weights after step 0." }).waitFor();
  const count = await page.locator("ol .text").count();
  expect(count).toBeGreaterThan(0);
  expect(count).toBeLessThan(1000);
  await page.locator(".novelty").waitFor();
  expect(trouble).toEqual([]);
});

test("a refusal is shown beside its field, and nothing is lost", async () => {
  const { page, trouble } = await openPlay(lab, words.play.way.write);
  const texts = await write(page);
  await field(page, words.play.prompt).fill("é");
  await button(page, words.play.write).click();
  const alert = page.getByRole("alert");
  await alert.filter({ hasText: 'got "é" (U+00E9)' }).waitFor();
  const described = await field(page, words.play.prompt).getAttribute("aria-describedby");
  expect(described?.split(" ")).toContain(await alert.getAttribute("id"));
  expect(await page.locator("ol .text").allTextContents()).toEqual(texts);

  await field(page, words.play.prompt).fill("an");
  expect(await alert.count()).toBe(0);
  await field(page, words.play.temperature).fill("");
  await button(page, words.play.write).click();
  await alert.filter({ hasText: "temperature to be a finite number, 0 or more" }).waitFor();
  expect(await field(page, words.play.temperature).getAttribute("aria-describedby")).toContain(
    await alert.getAttribute("id"),
  );
  await field(page, words.play.temperature).fill("0.5");
  await field(page, words.play.count).fill("0");
  await button(page, words.play.write).click();
  await alert.filter({ hasText: words.play.countWrong(1000) }).waitFor();
  expect(await field(page, words.play.prompt).inputValue()).toBe("an");
  expect(trouble).toEqual([]);
});
