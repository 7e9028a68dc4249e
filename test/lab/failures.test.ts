/** What goes wrong in the lab: bad input, no storage, workers that end. A message where the person is looking, the run kept, the page usable. */

import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseDocuments, presets, Random, type Run, startRun, trainEach } from "microgpt";
import type { Page, Worker } from "playwright-core";
import { afterAll, describe, expect, test } from "vitest";
import { LabBrowser } from "../support/lab.ts";

const lab = new LabBrowser();
const folder = mkdtempSync(join(tmpdir(), "microgpt-failures-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const names = readFileSync(new URL("../../data/ssa-names-2018.txt", import.meta.url), "utf8");
const NO_WORDS = /internal|\[object|undefined|NaN|Error|\n\s+at /;

/** What the page trains first, as a run of the library. */
function defaultRun(): Run {
  const training = { ...presets.microgpt.training, numSteps: 5000, batchSize: 16, evalInterval: 250, evalIters: 20 };
  return startRun(parseDocuments("names", names), { training, valFraction: 0.1 });
}

/** The library's loss after each of so many steps, as the page shows it. */
async function lossesOf(run: Run, steps: number): Promise<number[]> {
  const losses: number[] = [];
  await trainEach(run, ({ step, loss }) => {
    losses.push(Number(loss.toFixed(4)));
    return step === steps ? false : undefined;
  });
  return losses;
}

const press = (page: Page, name: string): Promise<void> => page.getByRole("button", { name, exact: true }).click();
const pace = (page: Page, label: string): Promise<unknown> => page.getByLabel("Pace").selectOption({ label });
const stepOf = async (page: Page): Promise<number> => Number(await page.locator("progress").getAttribute("value"));
const lossOf = async (page: Page): Promise<number> => Number(await page.locator("[data-number=loss]").textContent());
const says = (page: Page, text: string): Promise<void> =>
  page.getByText(text, { exact: false }).first().waitFor({ timeout: 60_000 });
const reach = (page: Page, step: number): Promise<unknown> =>
  page.waitForFunction((to) => Number(document.querySelector("progress")?.value) >= to, step, { timeout: 60_000 });
const setUp = (page: Page) => page.getByRole("region", { name: "A new run" });

/** Begins what was set up, and waits until it has come about or was refused. */
async function begin(page: Page): Promise<void> {
  await press(page, "Begin this run");
  await page.waitForFunction(
    () => [...document.querySelectorAll("button")].some((x) => x.textContent === "Begin this run" && !x.disabled),
    undefined,
    { timeout: 120_000 },
  );
}

async function fileOf(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** The run that is there goes on as if nothing had been. */
async function stillWorks(page: Page): Promise<void> {
  const before = await stepOf(page);
  await press(page, "Step once");
  await reach(page, before + 1);
}

async function workerNamed(page: Page, name: string): Promise<Worker> {
  for (const worker of page.workers()) {
    if ((await worker.evaluate(() => self.name).catch(() => "")) === name) return worker;
  }
  throw new Error(`no worker called ${name}`);
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

describe("text that is unusual is learned from", () => {
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

  test("15 MB from a file: learned from, kept, and never sent with what is told ten times a second", async () => {
    const { page, context, trouble } = await lab.open();
    const lines = Array.from({ length: 1_000_000 }, (_, i) => `name${((i * 7919) % 1000003).toString(36)}abcdef`);
    const text = lines.join("\n").slice(0, 15_000_000);
    await page.locator("input[type=file]").setInputFiles(await fileOf("long.txt", text));
    await setUp(page).getByText("too many to show in a box").waitFor();
    await begin(page);
    await setUp(page).getByText("1,000,000 documents").waitFor();
    await pace(page, "full speed");
    await press(page, "Start");
    await reach(page, 3);
    // What is told of a run in training: a message with the text would be as long as the text.
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

test("numbers out of their range are refused beside them, each in one line, and the run stays", async () => {
  const { page, trouble } = await lab.open();
  await press(page, "Step once");
  await page.getByText("Sizes and settings").click();
  const CASES: readonly (readonly [field: string, value: string, line: RegExp])[] = [
    ["Layers", "0", /expected Layers to be a whole number, 1 or more, got 0/],
    ["Layers", "", /expected Layers to be a whole number, 1 or more, got nothing/],
    ["Layers", "1", /^$/],
    ["Heads", "3", /Channels to be a multiple of Heads/],
    ["Heads", "4", /^$/],
    ["Channels", "4096", /expected at most 134,217,728 parameters/],
    ["Channels", "16", /^$/],
    ["Batch", "1000000000", /lower Batch, Context/],
    ["Batch", "16", /^$/],
    ["Dropout", "1.5", /dropout to be at least 0 and below 1, got 1.5/],
    ["Dropout", "0", /^$/],
    ["Learning rate", "-1", /Learning rate to be a finite number above 0/],
    ["Learning rate", "0.01", /^$/],
    ["Seed", "1e300", /seed to be a whole number/],
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
  // A run of a thousand million steps is only long.
  await page.getByLabel("Steps", { exact: true }).fill("1000000000");
  await begin(page);
  await says(page, "Step 0 of 1,000,000,000");
  await stillWorks(page);
  expect(trouble).toEqual([]);
  await page.context().close();
});

test("a run that diverges ends with its last good weights, and can be begun anew", async () => {
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
  expect(await line.textContent()).toMatch(/has diverged: start again with a lower Learning rate/);
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

describe("storage", () => {
  test("that is full, has room again, and is cleared while the page is open: training goes on", async () => {
    const { page, context, trouble } = await lab.open();
    const devtools = await context.newCDPSession(page);
    const origin = new URL(lab.address()).origin;
    await pace(page, "100 steps a second");
    await press(page, "Start");
    await reach(page, 50);
    await devtools.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 1000 });
    await says(page, "The browser's storage is full");
    const full = await stepOf(page);
    await reach(page, full + 50);
    await devtools.send("Storage.overrideQuotaForOrigin", { origin });
    await says(page, "Kept in this browser up to step");
    await devtools.send("Storage.clearDataForOrigin", { origin, storageTypes: "all" });
    await reach(page, (await stepOf(page)) + 50);
    await press(page, "Pause");
    await says(page, "Paused.");
    const step = await stepOf(page);
    await says(page, `Kept in this browser up to step ${step.toLocaleString("en")}.`);
    await page.close();
    const again = await lab.open("#train", context);
    await says(again.page, `This is the run you left here, at step ${step.toLocaleString("en")}`);
    await stillWorks(again.page);
    expect([...trouble, ...again.trouble]).toEqual([]);
    await context.close();
  });

  test("that another tab has, until that is closed", async () => {
    const first = await lab.open();
    const second = await lab.open("#train", first.context);
    await says(second.page, "Another tab has the lab open");
    await stillWorks(second.page);
    await stillWorks(first.page);
    await first.page.close();
    await second.page.reload();
    await says(second.page, "Kept in this browser up to step 1.");
    expect([...first.trouble, ...second.trouble]).toEqual([]);
    await first.context.close();
  });

  test("that an insecure address has not, and no memory of the page's colours", async () => {
    const context = await lab.context();
    await context.addInitScript(() => {
      Object.defineProperty(globalThis, "localStorage", {
        get: () => {
          throw new DOMException("refused", "SecurityError");
        },
      });
    });
    const page = await context.newPage();
    const trouble: string[] = [];
    page.on("pageerror", (error) => trouble.push(error.message));
    await page.goto(lab.address(false).replace("127.0.0.1", "0.0.0.0"));
    await says(page, "This page may not store anything here");
    await pace(page, "full speed");
    await press(page, "Start");
    await says(page, "Finished");
    await page.getByRole("radio", { name: "dark" }).check({ force: true });
    expect(await page.evaluate(() => document.documentElement.dataset.theme)).toBe("dark");
    // Without locks, errors alone tell that a worker ended; without storage the run begins anew.
    await (await workerNamed(page, "trainer")).evaluate(() => {
      setTimeout(() => {
        throw new Error("boom");
      });
    });
    await says(page, "training ended unexpectedly");
    await stillWorks(page);
    expect(trouble).toEqual([]);
    await context.close();
  });
});

describe("a worker that ends is set up again", () => {
  /** Without any error, and by one that nobody catches. */
  const ends: readonly (readonly [how: string, end: (worker: Worker) => Promise<unknown>])[] = [
    ["without a word", (worker) => worker.evaluate(() => close()).catch(() => {})],
    [
      "by an error",
      (worker) =>
        worker.evaluate(() => {
          setTimeout(() => {
            throw new Error("boom");
          });
        }),
    ],
    [
      "by a promise that nobody waits for",
      (worker) =>
        worker.evaluate(() => {
          void Promise.reject(new Error("boom"));
        }),
    ],
  ];

  test.each(ends)("the trainer, at rest and in training, %s", async (_, end) => {
    const { page } = await lab.open();
    await page.getByLabel("Data set").selectOption({ label: "own text …" });
    await page.getByLabel(/^Your own text/).fill("a draft\nnot yet begun\n");
    await stillWorks(page);
    await end(await workerNamed(page, "trainer"));
    await says(page, "training ended unexpectedly and was set up again. The run is at step 1.");
    expect(await page.getByLabel(/^Your own text/).inputValue()).toBe("a draft\nnot yet begun\n");
    await page.getByRole("button", { name: "Dismiss" }).click();

    await pace(page, "100 steps a second");
    await press(page, "Go on");
    await reach(page, 300);
    const before = await stepOf(page);
    await end(await workerNamed(page, "trainer"));
    await says(page, "training ended unexpectedly");
    const after = await stepOf(page);
    // What five seconds make, and something for a machine that is busy.
    expect(after).toBeGreaterThan(before - 600);
    const losses = await lossesOf(defaultRun(), after + 1);
    await press(page, "Step once");
    await reach(page, after + 1);
    expect(await lossOf(page)).toBe(losses.at(-1));
    await press(page, "Go on");
    await reach(page, after + 20);
    await page.context().close();
  });

  test.each(ends)("the reader, while it is looked into, %s", async (_, end) => {
    const { page } = await lab.open("#inside").catch(() => lab.open());
    await page.getByRole("link", { name: "Look inside" }).click();
    await says(page, "the newest weights, step 0");
    await page.waitForTimeout(500);
    await end(await workerNamed(page, "reader"));
    await says(page, "what looks into the model ended unexpectedly");
    await page.getByRole("button", { name: "Dismiss" }).click();
    await page.getByRole("link", { name: "Train" }).click();
    await stillWorks(page);
    await page.getByRole("link", { name: "Look inside" }).click();
    await says(page, "the newest weights, step 1");
    expect(await page.getByText("Something went wrong").count()).toBe(0);
    await page.context().close();
  });

  test("but not without end", async () => {
    const { page } = await lab.open();
    for (let i = 0; i < 30 && (await page.getByText("again and again").count()) === 0; i++) {
      const trainer = await workerNamed(page, "trainer").catch(() => undefined);
      await trainer?.evaluate(() => close()).catch(() => {});
      await page.waitForTimeout(300);
    }
    await says(page, "workers end again and again. Load the page anew");
    await page.reload();
    await stillWorks(page);
    await page.context().close();
  });
});

test("a tab closed in the midst of training, ten times: nothing but the last seconds is lost", async () => {
  const random = new Random(7);
  const context = await lab.context();
  let last = 0;
  const losses = await lossesOf(defaultRun(), 5000);
  for (let round = 0; round < 10; round++) {
    const { page, trouble } = await lab.open("#train", context);
    const found = await stepOf(page);
    expect(found).toBeGreaterThanOrEqual(last);
    if (found < 5000) {
      await press(page, "Step once");
      await reach(page, found + 1);
      expect(await lossOf(page)).toBe(losses[found]);
      last = found;
      await pace(page, round % 2 === 0 ? "100 steps a second" : "full speed");
      await press(page, "Go on");
    }
    await page.waitForTimeout(200 + 1500 * random.random());
    expect(trouble).toEqual([]);
    await page.close();
  }
  await context.close();
});

test("without a network, once the page is there, everything goes on, and nothing is asked for", async () => {
  const { page, context, trouble } = await lab.open();
  await context.setOffline(true);
  const asked: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  for (const name of ["places", "animals", "sums", "brackets", "story", "source", "names"]) {
    await page.getByLabel("Data set").selectOption(name);
    await begin(page);
    await stillWorks(page);
  }
  for (const view of ["Look inside", "One step", "Play", "Take away", "Train"]) {
    await page.getByRole("link", { name: view, exact: true }).click();
    await page.waitForTimeout(300);
  }
  await stillWorks(page);
  expect(asked.filter((url) => !/^(blob|data):/.test(url))).toEqual([]);
  expect(trouble).toEqual([]);
  await context.close();
});

test("clicks in any order and too many of them leave a run that is right", async () => {
  const { page, trouble } = await lab.open();
  const random = new Random(11);
  const buttons = ["Start", "Go on", "Pause", "Step once", "Reset", "Bring back the run before"];
  await pace(page, "full speed");
  for (let i = 0; i < 50; i++) {
    // Twice at times, as impatient people do, and without waiting for anything.
    const name = buttons[Math.floor(random.random() * buttons.length)] ?? "Start";
    const times = random.random() < 0.3 ? 2 : 1;
    await page.evaluate(
      ([label, count]) => {
        const button = [...document.querySelectorAll("button")].find((x) => x.textContent === label);
        for (let k = 0; k < count; k++) button?.click();
      },
      [name, times] as const,
    );
    await page.waitForTimeout(random.random() < 0.5 ? 0 : 120 * random.random());
  }
  await page.waitForTimeout(1000);
  const stop = page.getByRole("button", { name: "Pause", exact: true });
  if ((await stop.count()) > 0) await stop.click().catch(() => {});
  await press(page, "Reset");
  await says(page, "Ready");
  const losses = await lossesOf(defaultRun(), 3);
  for (const [i, loss] of losses.entries()) {
    await press(page, "Step once");
    await reach(page, i + 1);
    expect(await lossOf(page)).toBe(loss);
  }
  expect(trouble).toEqual([]);
  await page.context().close();
});
