/**
 * The view Play in a real browser: token by token and as a game, with the library's probabilities for the same weights.
 */

import axe from "axe-core";
import { probabilities, Random, sample } from "microgpt";
import type { Locator, Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { words } from "../../lab/src/strings.ts";
import { percent } from "../../lab/src/views/play/format.ts";
import { LabBrowser } from "../support/lab.ts";
import { button, field, openPlay, openStory, runOf, splitOf } from "../support/lab-play.ts";

const lab = new LabBrowser();
const { run } = await runOf("names");
const { model, tokenizer } = run;
const { val } = splitOf(run);

/** The distribution after each token: probabilities (V) before the first of them and after each. */
function chances(ids: readonly number[]): number[][] {
  const next = model.decoder();
  return [tokenizer.bos, ...ids].map((id) => probabilities(next(id), 1));
}

describe("one token at a time", () => {
  const line = (page: Page): Locator => page.locator(".column .card").first().locator(".token");
  const next = (page: Page): Locator => page.getByRole("list", { name: words.play.nextTitle }).getByRole("button");
  /** The text so far, without the notes on its tokens. */
  const textOf = async (page: Page): Promise<string> =>
    (await line(page).evaluateAll((tokens) => tokens.map((one) => one.childNodes[0]?.textContent?.trim() ?? ""))).join(
      "",
    );

  test("drawing gives the library's text, with its probabilities", async () => {
    const { page, trouble } = await openPlay(lab, words.play.way.step);
    const text = sample(model, tokenizer, { random: new Random(42) });
    await next(page).first().waitFor();
    expect(await next(page).count()).toBe(13);
    const likeliest = Math.max(...(chances([])[0] ?? []));
    await field(page, words.play.temperature).fill("1");
    await expect.poll(() => next(page).first().textContent()).toContain(percent(likeliest));
    await field(page, words.play.temperature).fill("0.5");
    for (let i = 0; i < Math.min(text.length + 1, 16); i++) {
      await button(page, words.play.draw).press("Enter");
      await expect.poll(() => line(page).count()).toBe(i + 1);
    }
    expect((await textOf(page)).replace(/end$/, "")).toBe(text);
    await page.getByText(text.length < 16 ? words.play.endedBos : words.play.endedLimit).waitFor();
    expect(await button(page, words.play.draw).isDisabled()).toBe(true);
    expect(trouble).toEqual([]);
  });

  test("an alternative can be taken, replaced by another, and all undone", async () => {
    const { page, trouble } = await openPlay(lab, words.play.way.step);
    const second = next(page).nth(1);
    await second.waitFor();
    const [, one = 0] = ranked([]);
    expect(await second.textContent()).toContain(tokenizer.decode([one]));
    await second.click();
    await expect.poll(() => textOf(page)).toBe(tokenizer.decode([one]));
    const [first = 0] = ranked([one]);
    await button(page, words.play.likeliest).click();
    await expect.poll(() => textOf(page)).toBe(tokenizer.decode([one, first]));
    const after = chances([one, first]);
    const oneIn = 1 / ((after[0]?.[one] ?? 0) * (after[1]?.[first] ?? 0));
    const told = oneIn.toLocaleString("en", { maximumSignificantDigits: 2 });
    await page.getByText(words.play.chance(told)).waitFor();

    // Back at the first token: the marked bar is the chosen one, and the likeliest replaces it.
    await line(page).first().click();
    const before = page
      .getByRole("list", { name: words.play.beforeTitle(tokenizer.decode([one])) })
      .getByRole("button");
    await expect.poll(() => before.nth(1).getAttribute("aria-pressed")).toBe("true");
    const [likeliest = 0] = ranked([]);
    await before.first().press("Enter");
    await expect.poll(() => textOf(page)).toBe(tokenizer.decode([likeliest]));
    await button(page, words.play.undo).click();
    await expect.poll(() => textOf(page)).toBe(tokenizer.decode([one, first]));
    await button(page, words.play.undo).click();
    await button(page, words.play.undo).click();
    await page.getByText(words.play.nothingYet).waitFor();
    expect(await button(page, words.play.undo).isDisabled()).toBe(true);
    expect(trouble).toEqual([]);
  });

  test("a filtered token has probability 0, and the others can all be shown", async () => {
    const { page } = await openPlay(lab, words.play.way.step);
    await field(page, words.play.topK).fill("3");
    await page.getByText(words.play.cannot).waitFor();
    expect(await next(page).nth(3).textContent()).toContain("0 %");
    expect(await next(page).last().textContent()).toContain(words.play.others(15));
    await next(page).last().click();
    await expect.poll(() => next(page).count()).toBe(27);
    await next(page).nth(20).click();
    await page.getByText(words.play.never).waitFor();
  });

  test("a prompt that fills the context is refused beside its field; the text stays", async () => {
    const { page } = await openPlay(lab, words.play.way.step);
    await button(page, words.play.draw).click();
    await expect.poll(() => line(page).count()).toBe(1);
    await field(page, words.play.prompt).fill("abcdefghijklmnop");
    await page.getByRole("alert").filter({ hasText: "a start of fewer than 16 tokens" }).waitFor();
    expect(await line(page).count()).toBe(1);
    await field(page, words.play.prompt).fill("ab");
    await expect.poll(() => line(page).count()).toBe(3);
    expect(await page.getByRole("alert").count()).toBe(0);
  });

  /** Tokens after these, likeliest first. */
  function ranked(ids: readonly number[]): number[] {
    const given = chances(ids).at(-1) ?? [];
    return given.map((_, id) => id).sort((a, b) => (given[b] ?? 0) - (given[a] ?? 0));
  }
});

describe("the guessing game", () => {
  const guessField = (page: Page): Locator => page.getByLabel(/^Your guess: the next character/);

  test("is played to its end by keyboard, twice, and scored in losses", async () => {
    const { page, trouble } = await openPlay(lab, words.play.way.guess);
    await button(page, words.play.play).focus();
    await page.keyboard.press("Enter");
    await guessField(page).waitFor();
    await page.getByText(words.play.from.val).waitFor();
    const random = new Random(42);
    let [allTurns, allHits] = [0, 0];
    for (const round of [0, 1]) {
      const doc = val[Math.floor(random.random() * val.length)] ?? "";
      const ids = [...tokenizer.encode(doc), tokenizer.bos];
      const given = chances(ids.slice(0, -1));
      const [mine, models]: [number[], number[]] = [[], []];
      let hits = 0;
      await expect.poll(() => guessField(page).evaluate((one) => one === document.activeElement)).toBe(true);
      for (const [i, id] of ids.entries()) {
        await page.getByText(words.play.turn(i + 1)).waitFor();
        // Right at every second turn, and then more confident; Enter alone means the end.
        const right = i % 2 === 0;
        const guess = right ? doc.charAt(i) : doc.charAt(i) === "q" ? "z" : "q";
        const sure = right ? 0.8 : 0.5;
        await page.keyboard.press("Shift+Tab");
        await page.getByRole("slider", { name: words.play.sure }).fill(`${100 * sure}`);
        await page.keyboard.press("Tab");
        await page.keyboard.press(guess === "" ? "Enter" : guess);
        if (right) hits++;
        mine.push(-Math.log(right ? sure : (1 - sure) / 26));
        models.push(-Math.log(given[i]?.[id] ?? 0));
        const truth = id === tokenizer.bos ? words.play.end : doc.charAt(i);
        await page.getByText(words.play.told(right ? truth : guess, right, truth)).waitFor();
        await page.getByText(words.play.cost(mine.at(-1)?.toFixed(2) ?? "", models.at(-1)?.toFixed(2) ?? "")).waitFor();
      }
      await page.getByText(words.play.over.document).waitFor();
      const mean = (losses: readonly number[]): number => losses.reduce((sum, loss) => sum + loss) / losses.length;
      const row = page.getByRole("table", { name: words.play.thisText }).getByRole("row");
      expect(await row.nth(1).getByRole("cell").allTextContents()).toEqual([
        words.play.hitsOf(hits, ids.length),
        mean(mine).toFixed(2),
        (mean(mine) / Math.LN2).toFixed(2),
      ]);
      expect((await row.nth(2).getByRole("cell").allTextContents()).slice(1)).toEqual([
        mean(models).toFixed(2),
        (mean(models) / Math.LN2).toFixed(2),
      ]);
      allTurns += ids.length;
      allHits += hits;
      if (round === 0) await page.keyboard.press("Enter");
    }
    const all = page.getByRole("table", { name: words.play.allTexts(2) }).getByRole("row");
    expect(await all.nth(1).getByRole("cell").first().textContent()).toBe(words.play.hitsOf(allHits, allTurns));
    expect(trouble).toEqual([]);
  });

  test("running text is uncovered after its first half, and Enter means a line end", async () => {
    const { page, trouble } = await openStory(lab);
    const half = (await runOf("story")).run.model.config.blockSize / 2;
    await button(page, words.play.way.guess).click();
    await button(page, words.play.play).click();
    await guessField(page).waitFor();
    const tokens = page.getByLabel(words.play.uncovered, { exact: true }).locator(".token");
    expect(await tokens.count()).toBe(half);
    await page.keyboard.press("Enter");
    await page.getByText(/You said “⏎”/).waitFor();
    await expect.poll(() => tokens.count()).toBe(half + 1);
    expect(trouble).toEqual([]);
  });

  test("a character unknown to the model is reported, and typing continues", async () => {
    const { page } = await openPlay(lab, words.play.way.guess);
    await button(page, words.play.play).click();
    await guessField(page).waitFor();
    await page.keyboard.type("é");
    await page
      .getByRole("alert")
      .filter({ hasText: words.play.unknown("é", "") })
      .waitFor();
    await page.keyboard.type("m");
    await page.getByText(words.play.turn(2)).waitFor();
    expect(await page.getByRole("alert").count()).toBe(0);
    // After stopping, the rest is uncovered, and the game waits while other views are open.
    await button(page, words.play.finish).click();
    const doc = val[Math.floor(new Random(42).random() * val.length)] ?? "";
    const tokens = page.getByLabel(words.play.uncovered, { exact: true }).locator(".token");
    await expect.poll(() => tokens.count()).toBe(doc.length + 1);
    await page.getByRole("link", { name: words.shell.view.train }).click();
    await page.getByRole("link", { name: words.shell.view.play }).click();
    await expect.poll(() => tokens.count()).toBe(doc.length + 1);
  });
});

describe.each([
  ["wide", 1280],
  ["on a phone", 390],
])("%s", (_, width) => {
  test.each(Object.values(words.play.way))("%s can be used by everyone, and nothing sticks out", async (way) => {
    const { page, trouble } = await openPlay(lab, way, width);
    if (way === words.play.way.write) {
      await button(page, words.play.write).click();
      await page.locator(".novelty").waitFor();
    } else if (way === words.play.way.step) {
      await button(page, words.play.draw).click();
      await page.getByText(/This text has probability/).waitFor();
    } else {
      await button(page, words.play.play).click();
      await page.getByText(words.play.turn(1)).waitFor();
      await page.keyboard.type("ma");
      await page.getByText(words.play.turn(3)).waitFor();
    }
    await page.evaluate(axe.source);
    const { violations } = await page.evaluate<{ violations: readonly { id: string }[] }>(
      `axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] })`,
    );
    expect(violations.map(({ id }) => id)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    expect(trouble).toEqual([]);
  });
});
