/**
 * Failures in the lab: no storage, workers and tabs that end, no network, random clicks. The run is kept, the page
 * usable.
 */

import { Random } from "microgpt";
import type { Worker } from "playwright-core";
import { describe, expect, test } from "vitest";
import { LabBrowser } from "../support/lab.ts";
import {
  begin,
  defaultRun,
  lossesOf,
  lossOf,
  pace,
  press,
  reach,
  says,
  stepOf,
  stillWorks,
  workerNamed,
} from "../support/lab-failures.ts";

const lab = new LabBrowser();

test("a trainer that does not answer is reported as slow, and can be stopped in favor of the saved run", async () => {
  const { page, trouble } = await lab.open();
  await stillWorks(page);
  const trainer = await workerNamed(page, "trainer");
  await trainer.evaluate(() => {
    setTimeout(() => {
      for (;;);
    });
  });
  await press(page, "Step once");
  await says(page, "This is taking long");
  await press(page, "Stop it");
  await says(page, "the slow work was stopped. The run is at step 1, the last saved one.");
  await stillWorks(page);
  expect(await page.getByText("This is taking long").count()).toBe(0);
  expect(trouble).toEqual([]);
  await page.context().close();
});

describe("storage", () => {
  test("that is full, has space again, and is cleared while the page is open: training continues", async () => {
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

  test("that another tab holds, until that is closed", async () => {
    const first = await lab.open();
    const second = await lab.open("#train", first.context);
    await says(second.page, "Another tab has the lab open");
    await stillWorks(second.page);
    await stillWorks(first.page);
    await says(first.page, "Kept in this browser up to step 1.");
    await first.page.close();
    await second.page.reload();
    await says(second.page, "Kept in this browser up to step 1.");
    expect([...first.trouble, ...second.trouble]).toEqual([]);
    await first.context.close();
  });

  test("missing at an insecure address, and no memory of the theme", async () => {
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
    // Without locks, only errors show that a worker ended; without storage the run restarts.
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

describe("a worker that ends is restarted", () => {
  /** Silently, or by an uncaught error. */
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
          // Not directly: DevTools waits for what it evaluates.
          setTimeout(() => void Promise.reject(new Error("boom")));
        }),
    ],
  ];

  test.each(ends)("the trainer, idle and in training, %s", async (_, end) => {
    const { page } = await lab.open();
    await page.getByLabel("Data set").selectOption({ label: "own text …" });
    await page.getByLabel(/^Your own text/).fill("a draft\nnot yet begun\n");
    await stillWorks(page);
    await end(await workerNamed(page, "trainer"));
    await says(page, "training ended unexpectedly and was restarted. The run is at step 1.");
    expect(await page.getByLabel(/^Your own text/).inputValue()).toBe("a draft\nnot yet begun\n");
    await page.getByRole("button", { name: "Dismiss" }).click();

    await pace(page, "100 steps a second");
    await press(page, "Continue");
    await reach(page, 300);
    const before = await stepOf(page);
    await end(await workerNamed(page, "trainer"));
    await says(page, "training ended unexpectedly");
    const after = await stepOf(page);
    // The steps of five seconds, with a margin for a busy machine.
    expect(after).toBeGreaterThan(before - 600);
    const losses = await lossesOf(defaultRun(), after + 1);
    await press(page, "Step once");
    await reach(page, after + 1);
    expect(await lossOf(page)).toBe(losses.at(-1));
    await press(page, "Continue");
    await reach(page, after + 20);
    await page.context().close();
  });

  test.each(ends)("the reader, while its view is open, %s", async (_, end) => {
    const { page } = await lab.open("#inside").catch(() => lab.open());
    await page.getByRole("link", { name: "Look inside" }).click();
    await says(page, "the newest weights, step 0");
    await page.waitForTimeout(500);
    await end(await workerNamed(page, "reader"));
    await says(page, "the model's reader ended unexpectedly");
    await page.getByRole("button", { name: "Dismiss" }).click();
    await page.getByRole("link", { name: "Train" }).click();
    await stillWorks(page);
    await page.getByRole("link", { name: "Look inside" }).click();
    await says(page, "the newest weights, step 1");
    expect(await page.getByText("Something went wrong").count()).toBe(0);
    await page.context().close();
  });

  test("but not endlessly", async () => {
    const { page } = await lab.open();
    for (let i = 0; i < 30 && (await page.getByText("again and again").count()) === 0; i++) {
      const trainer = await workerNamed(page, "trainer").catch(() => undefined);
      await trainer?.evaluate(() => close()).catch(() => {});
      await page.waitForTimeout(300);
    }
    await says(page, "workers keep crashing. Reload the page");
    await page.reload();
    await stillWorks(page);
    await page.context().close();
  });
});

test("a tab closed during training, ten times: only the last seconds are lost", async () => {
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
      await press(page, "Continue");
    }
    await page.waitForTimeout(200 + 1500 * random.random());
    expect(trouble).toEqual([]);
    await page.close();
  }
  await context.close();
});

test("without a network, once the page is loaded, everything works, and nothing is requested", async () => {
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

test("random and repeated clicks leave a correct run", async () => {
  const { page, trouble } = await lab.open();
  const random = new Random(11);
  const buttons = ["Start", "Continue", "Pause", "Step once", "Reset", "Restore the previous run"];
  await pace(page, "full speed");
  for (let i = 0; i < 50; i++) {
    // Sometimes twice, as impatient users do, and without waiting.
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
