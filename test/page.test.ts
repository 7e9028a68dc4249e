/**
 * The library in a page of a real browser: the same imports, and the same numbers to the bit, on one thread and on two.
 * A page may share memory only if its server allows it (COOP and COEP); otherwise it runs on one.
 */

import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { Random, sample, startRun, train } from "microgpt";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchChromium } from "./support/chromium.ts";

const page = fileURLToPath(new URL("fixtures/learn-in-page.html", import.meta.url));
const dist = fileURLToPath(new URL("../dist/", import.meta.url));
const documents = { name: "words", docs: ["anna", "bob", "eve", "otto", "hannah", "ada", "izzi"] };
const STEPS = 60;

let browser: Browser;
let server: Server;
let address: string;

beforeAll(async () => {
  browser = await launchChromium();
  server = createServer(async (request, response) => {
    if (request.url?.endsWith("?isolated")) {
      response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
      response.setHeader("Cross-Origin-Embedder-Policy", "require-corp");
    }
    const file = /^\/dist\/([\w.-]+\.js)$/.exec(request.url ?? "")?.[1];
    response.setHeader("Content-Type", file === undefined ? "text/html" : "text/javascript");
    response.end(await readFile(file === undefined ? page : dist + file));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});

afterAll(async () => {
  await browser?.close();
  server?.close();
});

interface Learned {
  readonly losses: readonly number[];
  readonly text: string;
  readonly trouble: string;
}

/** Trains and samples in a page, with the library built by `npm run build`. */
async function learnInPage(path: string, threads: number): Promise<Learned> {
  const page = await browser.newPage();
  const trouble: string[] = [];
  page.on("pageerror", (error) => trouble.push(String(error)));
  await page.goto(address + path);
  await page.waitForFunction("window.learn !== undefined");
  const learned = await page.evaluate<Learned>(`learn(${JSON.stringify(documents)}, ${STEPS}, ${threads})`);
  await page.close();
  expect(trouble).toEqual([]);
  return learned;
}

async function learnHere(): Promise<Learned> {
  const run = startRun(documents, { threads: 1, strict: true, training: { numSteps: STEPS } });
  const losses: number[] = [];
  for await (const { loss } of train(run)) losses.push(loss);
  return { losses, text: sample(run.model, run.tokenizer, { random: new Random(7) }), trouble: "" };
}

test.each([
  ["a page like any other, on one thread", "", 1],
  ["a page with shared memory, on one thread", "?isolated", 1],
  ["a page with shared memory, on two threads", "?isolated", 2],
])("%s gives the same as Node, to the bit", async (_, path, threads) => {
  expect(await learnInPage(path, threads)).toEqual(await learnHere());
});

test("a page without shared memory that asks for two threads is told the fix", async () => {
  const { losses, trouble } = await learnInPage("", 2);
  expect(losses).toEqual([]);
  expect(trouble).toContain("serve it with COOP same-origin and COEP require-corp, or use one thread");
});
