/**
 * The page exported from the lab, in a real browser: opened from a file with the network off, it writes the same as the
 * library; with the network on, it reaches nothing.
 */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Random, type Run, sample, startRun, train } from "microgpt";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { standaloneHTML } from "../../lab/src/take/standalone.ts";
import { pageOptions } from "../../lab/src/take/standalone-testing.ts";
import { launchChromium } from "../support/chromium.ts";

const documents = { name: "words", docs: ["anna", "bob", "eve", "otto", "hannah", "ada", "izzi"] };

let browser: Browser;
let folder: string;
let run: Run;
let file: string;

beforeAll(async () => {
  browser = await launchChromium();
  folder = await mkdtemp(join(tmpdir(), "microgpt-page-"));
  run = startRun(documents, { threads: 1, strict: true, training: { numSteps: 200 } });
  for await (const _ of train(run));
  file = join(folder, "model.html");
  await writeFile(file, await standaloneHTML(run, pageOptions));
});

afterAll(async () => {
  await browser?.close();
  await rm(folder, { recursive: true });
});

/** The page opened from its file, and its console errors. */
async function opened(scheme: "light" | "dark" = "light", width = 1280): Promise<{ page: Page; trouble: string[] }> {
  const context = await browser.newContext({ colorScheme: scheme, viewport: { width, height: 800 } });
  await context.setOffline(true);
  const page = await context.newPage();
  const trouble: string[] = [];
  page.on("pageerror", (error) => trouble.push(String(error)));
  page.on("console", (message) => trouble.push(message.text()));
  await page.goto(pathToFileURL(file).href);
  return { page, trouble };
}

function textsOf(seed: number, options: { start?: string; temperature?: number; topK?: number } = {}): string {
  const random = new Random(seed);
  return Array.from({ length: 20 }, () => `${sample(run.model, run.tokenizer, { ...options, random })}\n`).join("");
}

/** The output once it is complete. */
async function output(page: Page): Promise<string> {
  await page.waitForSelector("#output[aria-busy=false]");
  return await page.evaluate<string>("document.getElementById('output').textContent");
}

test("with the network off, it writes the same as `microgpt sample`, by mouse and by keyboard", async () => {
  const { page, trouble } = await opened();
  await page.getByRole("button", { name: "Generate" }).click();
  expect(await output(page)).toBe(textsOf(42));

  await page.getByLabel("Text to begin with").fill("ha");
  await page.getByLabel("Top-k").fill("3");
  await page.getByLabel("Seed").fill("7");
  await page.getByLabel("Temperature").focus();
  for (let i = 0; i < 10; i++) await page.keyboard.press("ArrowRight");
  expect(await page.textContent("#degrees")).toBe("1.00");
  await page.getByLabel("Seed").press("Enter");
  expect(await output(page)).toBe(textsOf(7, { start: "ha", temperature: 1, topK: 3 }));

  await page.getByLabel("Text to begin with").fill("xyz");
  await page.getByLabel("Seed").press("Enter");
  expect(await output(page)).toBe("");
  expect(await page.getByRole("alert").textContent()).toContain("“x”");
  expect(trouble).toEqual([]);
  await page.context().close();
});

test("with the network on, nothing in it can reach a server, and no script can be injected", async () => {
  const asked: string[] = [];
  const server: Server = createServer((request, response) => {
    asked.push(request.url ?? "");
    response.setHeader("Access-Control-Allow-Origin", "*");
    response.end("hello");
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { page } = await opened();
  await page.context().setOffline(false);
  const tried = await page.evaluate<string[]>(`(async () => {
    const refused = [];
    document.addEventListener("securitypolicyviolation", (event) => refused.push(event.effectiveDirective));
    await fetch("${address}/fetch").catch(() => {});
    new Image().src = "${address}/image";
    navigator.sendBeacon("${address}/beacon");
    const script = document.createElement("script");
    script.textContent = "window.broughtIn = true";
    document.body.append(script);
    const form = document.createElement("form");
    form.action = "${address}/form";
    document.body.append(form);
    form.submit();
    await new Promise((later) => setTimeout(later, 300));
    return [...refused, String(window.broughtIn)].sort();
  })()`);
  expect(tried).toEqual(["connect-src", "connect-src", "form-action", "img-src", "script-src-elem", "undefined"]);
  expect(asked).toEqual([]);
  await page.context().close();
  server.close();
});

/** The contrast of each text and its background, as in WCAG 2.1. */
const CONTRASTS = `(() => {
  const luminance = (color) => {
    const [r, g, b] = color.match(/[\\d.]+/g).map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    const { backgroundColor } = getComputedStyle(element);
    return backgroundColor.startsWith("rgba(") && backgroundColor.endsWith(" 0)") ? ground(element.parentElement) : backgroundColor;
  };
  return [...document.querySelectorAll("h1, h2, p, label, input, button, pre, footer")].map((element) => {
    const [x, y] = [luminance(getComputedStyle(element).color), luminance(ground(element))].sort((a, b) => b - a);
    return (x + 0.05) / (y + 0.05);
  });
})()`;

test.each(["light", "dark"] as const)(
  "in %s, text has enough contrast, and a phone's width is enough",
  async (scheme) => {
    const { page } = await opened(scheme, 320);
    await page.getByRole("button", { name: "Generate" }).click();
    expect(await output(page)).not.toBe("");
    const contrasts = await page.evaluate<number[]>(CONTRASTS);
    expect(contrasts.length).toBeGreaterThan(10);
    expect(Math.min(...contrasts)).toBeGreaterThanOrEqual(4.5);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(320);
    await page.context().close();
  },
);
