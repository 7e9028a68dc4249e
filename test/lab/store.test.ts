/** The lab's store in a real browser, whose tabs are closed, reloaded and killed while it saves. */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { BrowserContext, Page } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchChromiumIn } from "../support/chromium.ts";

const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
const SIZE = 3_000_000;

let folder: string;
let server: Server;
let address: string;
let browser: BrowserContext;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "microgpt-store-"));
  await build({
    configFile: false,
    logLevel: "warn",
    build: {
      lib: { entry: fixture("store-worker.ts"), formats: ["es"], fileName: "worker" },
      outDir: join(folder, "built"),
      emptyOutDir: true,
    },
  });
  const worker = readFileSync(join(folder, "built", "worker.js"));
  server = createServer((request, response) => {
    const isWorker = request.url === "/worker.js";
    response.setHeader("Content-Type", isWorker ? "text/javascript" : "text/html");
    response.end(isWorker ? worker : readFileSync(fixture("store-page.html")));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  browser = await launchChromiumIn(join(folder, "profile"));
});

afterAll(async () => {
  await browser?.close();
  server?.close();
  rmSync(folder, { recursive: true, force: true });
});

const DISK = { kind: "disk" };

async function ask<T>(page: Page, ...question: readonly (string | number)[]): Promise<T> {
  return page.evaluate<T>(`ask(...${JSON.stringify(question)})`);
}

async function ready(page: Page): Promise<Page> {
  await page.waitForFunction("window.ask !== undefined");
  return page;
}

async function newTab(): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(address);
  return ready(page);
}

/** The step of the loaded run, which must be whole. */
async function loadedStep(page: Page): Promise<number> {
  const loaded = await ask<{ step: number }>(page, "load");
  expect(loaded).toEqual({ about: { step: 0, text: "anna" }, step: loaded.step, size: SIZE, whole: true });
  expect(await ask(page, "trouble")).toBeUndefined();
  return loaded.step;
}

test("a tab that is reloaded, closed or killed while it saves loses nothing", async () => {
  const ends: readonly ((page: Page) => Promise<Page>)[] = [
    async (page) => {
      await page.reload();
      return ready(page);
    },
    async (page) => {
      await page.close();
      return newTab();
    },
    async (page) => {
      const crashed = page.waitForEvent("crash");
      await page.goto("chrome://crash").catch(() => {});
      await crashed;
      return newTab();
    },
    async () => {
      await browser.close();
      browser = await launchChromiumIn(join(folder, "profile"));
      return newTab();
    },
  ];
  let page = await newTab();
  expect(await ask(page, "open")).toEqual(DISK);
  await ask(page, "save", 0, SIZE);
  await ask(page, "addMoment", 0, 1000);
  let step = 0;
  for (let round = 0; round < 12; round++) {
    await ask(page, "save", ++step, SIZE);
    // One more, which is not awaited: the tab ends within it, at a different point each time.
    void ask(page, "save", step + 1, SIZE).catch(() => {});
    await new Promise((later) => setTimeout(later, 4 * round));
    page = (await ends[round % ends.length]?.(page)) ?? page;
    expect(await ask(page, "open")).toEqual(DISK);
    const found = await loadedStep(page);
    expect([step, step + 1]).toContain(found);
    step = found;
    expect(await ask(page, "moments")).toEqual([0]);
  }
  await page.close();
});

test("a second tab stores nothing until the first is closed", async () => {
  const first = await newTab();
  expect(await ask(first, "open")).toEqual(DISK);
  const second = await newTab();
  expect(await ask(second, "open")).toEqual({ kind: "memory", trouble: "other-tab" });
  expect(await ask(second, "load")).toBeUndefined();
  await first.close();
  const third = await newTab();
  expect(await ask(third, "open")).toEqual(DISK);
  await loadedStep(third);
  await Promise.all([second.close(), third.close()]);
});

test("without space in the browser a save is refused, and the previous one stays", async () => {
  const page = await newTab();
  expect(await ask(page, "open")).toEqual(DISK);
  const step = await loadedStep(page);
  const devtools = await browser.newCDPSession(page);
  await devtools.send("Storage.overrideQuotaForOrigin", { origin: new URL(address).origin, quotaSize: 10_000_000 });
  expect(await ask(page, "save", 99, 20_000_000)).toMatch(/^StoreFull: /);
  expect(await ask(page, "trouble")).toBe("full");
  const loaded = await ask<{ step: number }>(page, "load");
  expect(loaded).toMatchObject({ step, size: SIZE, whole: true });
  await ask(page, "save", 100, SIZE);
  expect(await loadedStep(page)).toBe(100);
  await page.close();
});
