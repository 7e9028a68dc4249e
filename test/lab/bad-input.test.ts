/** Input that cannot be trained on: a visible message, the run kept, the page usable. */

import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { LabBrowser } from "../support/lab.ts";
import {
  begin,
  NO_WORDS,
  pace,
  press,
  reach,
  says,
  setUp,
  stepOf,
  stillWorks,
  workerNamed,
} from "../support/lab-failures.ts";

const lab = new LabBrowser();
const folder = mkdtempSync(join(tmpdir(), "microgpt-input-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function fileOf(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

describe("text that nothing can be learned from is refused in one line beside it, and the run stays", () => {
  const utf16 = new Uint8Array(Buffer.from("\ufeffanna\nbob\n", "utf16le"));
  const CASES: readonly (readonly [file: string, content: string | Uint8Array, line: RegExp])[] = [
    ["empty.txt", "", /empty\.txt: expected text to learn from, got none/],
    ["blank.txt", " \n\n \n", /only blank lines/],
    ["binary.txt", Uint8Array.of(1, 0, 2, 0, 255), /got a binary file/],
    ["wide.txt", utf16, /got UTF-16 text; save the file as UTF-8/],
    ["records.csv", "a,b\n1,2\n", /got CSV; .*paste the texts alone/],
    ["records.jsonl", '{"text":"a"}\n{"text":"b"}\n', /got JSON lines/],
    ["same-lines.txt", "a\na\na\n", /the same line again and again/],
    ["one-letter.txt", "a".repeat(100), /at least 2 different characters/],
  ];

  test("each of them", async () => {
    const { page, trouble } = await lab.open();
    await press(page, "Step once");
    await reach(page, 1);
    for (const [file, content, line] of CASES) {
      await page.locator("input[type=file]").setInputFiles(await fileOf(file, content));
      await begin(page);
      const alert = setUp(page).getByRole("alert").filter({ hasText: line });
      await alert.waitFor();
      expect(await alert.textContent()).not.toMatch(NO_WORDS);
      await stillWorks(page);
    }
    expect(await stepOf(page)).toBe(1 + CASES.length);
    expect(trouble).toEqual([]);
    await page.context().close();
  });

  test("a file of 200 MB is not even read", async () => {
    const { page, trouble } = await lab.open();
    const path = await fileOf("big.txt", "");
    truncateSync(path, 200_000_000);
    const begun = performance.now();
    await page.locator("input[type=file]").setInputFiles(path);
    await setUp(page).getByRole("alert").filter({ hasText: "at most 20 MB, got 200 MB" }).waitFor();
    expect(performance.now() - begun).toBeLessThan(10_000);
    await stillWorks(page);
    expect(trouble).toEqual([]);
    await page.context().close();
  });
});

describe("unusual text is learned from", () => {
  test.each<[what: string, text: string, shown: RegExp, letters: RegExp]>([
    ["emoji", "😀😁\n😂🤣\n😀😂\n", /3 documents/, /^[😀😁😂🤣]*$/u],
    ["Arabic", "سلام\nمرحبا\nكتاب\n", /3 documents/, /^[سلامرحبكت]*$/u],
    ["Chinese", "中文\n文字\n汉字\n", /3 documents/, /^[中文字汉]*$/u],
    ["two documents", "anna\nbob\n", /2 documents/, /^[anbo]*$/],
    ["one line with an end", "the cat sat on the mat\n", /running text, 23 tokens/, /^[thecasonm \n]*$/],
    ["one line without an end", "the cat sat on the mat", /running text, 22 tokens/, /^[thecasonm ]*$/],
  ])("%s", async (_, text, shown, letters) => {
    const { page, trouble } = await lab.open();
    await page.getByLabel("Data set").selectOption({ label: "own text …" });
    await page.getByLabel(/^Your own text/).fill(text);
    await begin(page);
    await setUp(page).getByText(shown).waitFor();
    await pace(page, "full speed");
    await press(page, "Start");
    await says(page, "Finished");
    const written = page.locator("[data-samples] .mono");
    expect((await written.allTextContents()).join("").replaceAll("(empty)", "")).toMatch(letters);
    const rightToLeft = /Arabic/.test(_);
    const direction = await page.locator("textarea").evaluate((box) => box.matches(":dir(rtl)"));
    expect(direction).toBe(rightToLeft);
    expect(trouble).toEqual([]);
    await page.context().close();
  });

  test("15 MB from a file: learned from, stored, and never sent with the ten reports a second", async () => {
    const { page, context, trouble } = await lab.open();
    const lines = Array.from({ length: 1_000_000 }, (_, i) => `name${((i * 7919) % 1000003).toString(36)}abcdef`);
    const text = lines.join("\n").slice(0, 15_000_000);
    await page.locator("input[type=file]").setInputFiles(await fileOf("long.txt", text));
    await setUp(page).getByText("too many to show here").waitFor();
    await begin(page);
    await setUp(page).getByText("1,000,000 documents").waitFor();
    await pace(page, "full speed");
    await press(page, "Start");
    await reach(page, 3);
    // The reports of a run in training: a message with the text would be as long as the text.
    const trainer = await workerNamed(page, "trainer");
    const longest = await trainer.evaluate(async () => {
      let most = 0;
      const { postMessage } = MessagePort.prototype;
      MessagePort.prototype.postMessage = function (this: MessagePort, message: unknown, ...rest: [never]): void {
        most = Math.max(most, JSON.stringify(message).length);
        postMessage.call(this, message, ...rest);
      };
      await new Promise((later) => setTimeout(later, 3000));
      MessagePort.prototype.postMessage = postMessage;
      return most;
    });
    expect(longest).toBeGreaterThan(1000);
    expect(longest).toBeLessThan(500_000);
    await press(page, "Pause");
    await says(page, "Paused.");
    const step = await stepOf(page);
    await page.close();
    const again = await lab.open("#train", context);
    await says(again.page, `This is the run you left here, at step ${step}`);
    await stillWorks(again.page);
    expect([...trouble, ...again.trouble]).toEqual([]);
    await context.close();
  });
});

test("numbers out of range are refused beside their fields, each in one line, and the run stays", async () => {
  const { page, trouble } = await lab.open();
  await press(page, "Step once");
  await page.getByText("Sizes and settings").click();
  const CASES: readonly (readonly [field: string, value: string, line: RegExp])[] = [
    ["Layers", "0", /expected Layers to be a whole number, 1 or more, got 0/],
    ["Layers", "", /expected Layers to be a whole number, 1 or more, got nothing/],
    ["Layers", "1", /^$/],
    ["Heads", "3", /Channels to be a multiple of Heads/],
    ["Heads", "4", /^$/],
    ["Channels", "8192", /expected at most 268,435,456 parameters/],
    ["Channels", "16", /^$/],
    ["Batch", "1000000000", /lower Batch, Context/],
    ["Batch", "16", /^$/],
    ["Dropout", "1.5", /Dropout to be at least 0 and below 1, got 1.5/],
    ["Dropout", "0", /^$/],
    ["Learning rate", "-1", /Learning rate to be a finite number above 0/],
    ["Learning rate", "0.01", /^$/],
    ["Seed", "1e300", /Seed to be a whole number/],
    ["Seed", "42", /^$/],
    ["Steps", "2.5", /Steps to be a whole number/],
  ];
  for (const [i, [field, value, line]] of CASES.entries()) {
    await page.getByLabel(field, { exact: true }).fill(value);
    await page.getByLabel(field, { exact: true }).blur();
    if (line.source === "^$") continue;
    await begin(page);
    const alert = setUp(page).getByRole("alert").filter({ hasText: line });
    await alert.waitFor();
    expect(await alert.textContent(), `case ${i}`).not.toMatch(NO_WORDS);
    await stillWorks(page);
  }
  // A run of a billion steps is only long.
  await page.getByLabel("Steps", { exact: true }).fill("1000000000");
  await begin(page);
  await says(page, "Step 0 of 1,000,000,000");
  await stillWorks(page);
  expect(trouble).toEqual([]);
  await page.context().close();
});

test("a run that diverges ends with its last good weights, and can be restarted", async () => {
  const { page, trouble } = await lab.open();
  await page.getByText("Sizes and settings").click();
  await page.getByLabel("Learning rate", { exact: true }).fill("1e30");
  await begin(page);
  await pace(page, "full speed");
  await press(page, "Start");
  await says(page, "Stopped");
  const line = page.getByRole("alert");
  await line.waitFor();
  expect(await line.textContent()).toMatch(/expected .*; .*/);
  expect(await line.textContent()).toMatch(/has diverged: (start|train) again with a lower Learning rate/);
  await page.getByRole("link", { name: "Look inside" }).click();
  await page.waitForFunction(() => document.querySelector(".bar")?.textContent?.includes("the newest weights"));
  await page.waitForTimeout(1000);
  expect(await page.getByText("Something went wrong").count()).toBe(0);
  await page.getByRole("link", { name: "Train" }).click();
  await press(page, "Reset");
  await says(page, "Ready");
  await page.getByText("Sizes and settings").click();
  await page.getByLabel("Learning rate", { exact: true }).fill("0.01");
  await begin(page);
  await stillWorks(page);
  expect(trouble).toEqual([]);
  await page.context().close();
});
