/** Links and exported HTML files in a real browser. */

import { writeFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { decodeCheckpoint, namedParams } from "microgpt";
import type { BrowserContext, Page } from "playwright-core";
import { expect, test } from "vitest";
import { decodeFloat16, encodeFloat16 } from "../../src/util/float16.ts";
import { Folder, linesOf } from "../support/cli.ts";
import { LabBrowser } from "../support/lab.ts";
import { downloaded, go, press, step } from "../support/take.ts";

const lab = new LabBrowser();
const said = (page: Page, text: string | RegExp): Promise<void> => page.getByText(text).first().waitFor();
const progress = async (page: Page): Promise<number> => Number(await page.locator("progress").getAttribute("value"));

/** All weights of a model file, concatenated. */
function weightsOf(file: Uint8Array): number[] {
  return namedParams(decodeCheckpoint("file", file).model.state().weights).flatMap(([, part]) => [...part]);
}

/** Makes a link in the Take view. */
async function linkOf(page: Page): Promise<string> {
  await go(page, "Take away");
  await press(page, "Make a link");
  return page.getByRole("textbox", { name: "The link" }).inputValue();
}

/** The weights of the current model. */
async function weights(page: Page): Promise<number[]> {
  await go(page, "Take away");
  await page.getByText("The weights only").click();
  return weightsOf((await downloaded(page, "Download")).bytes);
}

/** A fresh profile that opens the lab at a link. */
async function follow(link: string, context?: BrowserContext) {
  return lab.open(`#${link.split("#")[1]}`, context);
}

test("a link carries settings and model to a fresh profile, and leaves the address", async () => {
  const context = await lab.context();
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const { page, trouble } = await lab.open("#train", context);
  await step(page, 3);
  const original = await weights(page);
  const link = await linkOf(page);
  expect(link).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#share=[\w-]+$/);
  await said(page, `${link.length.toLocaleString("en")} characters`);
  expect(link.length).toBeLessThan(16_000);
  await press(page, "Copy: The link");
  await said(page, "Copied.");
  expect(await page.evaluate("navigator.clipboard.readText()")).toBe(link);

  const other = await follow(link);
  await said(other.page, "its weights begin a new run on “names”");
  expect(new URL(other.page.url()).hash).toBe("");
  const rounded = [...decodeFloat16(encodeFloat16(Float32Array.from(original)))];
  expect(await weights(other.page)).toEqual(rounded);
  expect(rounded).not.toEqual(original);
  expect([...trouble, ...other.trouble]).toEqual([]);
  await context.close();
  await other.context.close();
});

test("a link without weights begins the same run; its own text comes along if it is short, and is requested if not", async () => {
  const { page, trouble } = await lab.open();
  const begin = async (text: string): Promise<void> => {
    await go(page, "Train");
    await page.getByLabel("Data set").selectOption({ label: "own text …" });
    await page.getByLabel(/^Your own text/).fill(text);
    await page.waitForTimeout(600);
    await press(page, "Begin this run");
    await said(page, "Ready:");
    await go(page, "Take away");
    await page.getByRole("checkbox", { name: /^With the model/ }).uncheck();
  };
  await begin("anna\nbob\neve\notto\n");
  const short = await linkOf(page);
  const long = Array.from({ length: 500 }, (_, i) => `anna and otto ${i}`).join("\n");
  await begin(long);
  await said(page, "Your own text is too long for a link");
  const left = await linkOf(page);
  expect(left.length).toBeLessThan(1500);

  const first = await follow(short);
  await said(first.page, "The link’s settings are here: a new run on “my text”");
  await said(first.page, "anna, bob, eve, otto");
  const second = await follow(left);
  await said(second.page, "was too long for a link: enter it there and begin");
  await second.page.getByLabel(/^Your own text/).fill(long);
  await second.page.waitForTimeout(600);
  await press(second.page, "Begin this run");
  await said(second.page, "500 documents");
  expect([...trouble, ...first.trouble, ...second.trouble]).toEqual([]);
  for (const { context } of [first, second]) await context.close();
  await page.context().close();
});

test("before a link replaces a run with steps it asks, even if pasted into an open tab", async () => {
  const { page, context, trouble } = await lab.open();
  await step(page, 2);
  const link = await linkOf(page);
  await go(page, "Train");
  await step(page, 1);
  await page.close();

  const again = await follow(link, context);
  const dialog = again.page.getByRole("dialog", { name: "This link brings a run" });
  await dialog.getByText("4,192 parameters, trained").waitFor();
  await dialog.getByText("which is at step 3").waitFor();
  await again.page.keyboard.press("Escape");
  await dialog.waitFor({ state: "hidden" });
  expect(await progress(again.page)).toBe(3);
  expect(new URL(again.page.url()).hash).toBe("");

  await again.page.evaluate((to) => location.assign(to), link);
  await dialog.waitFor();
  await again.page.keyboard.press("Tab");
  await again.page.keyboard.press("Enter");
  await dialog.waitFor({ state: "hidden" });
  expect(await progress(again.page)).toBe(3);

  await again.page.evaluate((to) => location.assign(to), link);
  await dialog.waitFor();
  await again.page.keyboard.press("Enter");
  await said(again.page, "The link’s model");
  expect(await progress(again.page)).toBe(0);
  await press(again.page, "Restore the previous run");
  await again.page.waitForFunction(() => Number(document.querySelector("progress")?.value) === 3);
  expect([...trouble, ...again.trouble]).toEqual([]);
  await context.close();
});

test.each<[what: string, spoil: (fragment: string) => string, line: string]>([
  ["cut in the middle", (fragment) => fragment.slice(0, fragment.length / 2), "link: expected a whole link"],
  ["with nothing in it", () => "", "link: expected only letters, digits"],
  [
    "in which a letter was changed",
    (fragment) => fragment.replace(/.(?=.{40}$)/, (c) => (c === "A" ? "B" : "A")),
    "link: expected a whole link",
  ],
])("a link %s says so, and the lab opens as without it", async (_, spoil, line) => {
  const { page, context } = await lab.open();
  await step(page, 2);
  const link = await linkOf(page);
  await page.close();
  const fragment = link.split("#share=")[1] ?? "";
  const again = await follow(`#share=${spoil(fragment)}`, context);
  await again.page.getByRole("alert").filter({ hasText: line }).waitFor();
  expect(await progress(again.page)).toBe(2);
  expect(new URL(again.page.url()).hash).toBe("");
  await step(again.page, 1);
  expect(again.trouble).toEqual([]);
  await context.close();
});

test("the exported page writes, with the network off, the same as `microgpt sample`", async () => {
  const { page, trouble } = await lab.open();
  await step(page, 5);
  await go(page, "Take away");
  const size = await page.locator("[data-page-size]").textContent();
  const html = await downloaded(page, "Download the page");
  expect(html.name).toBe("microgpt-names-5.html");
  expect(size).toMatch(/^about \d+ KB$/);
  expect(Math.abs(Number(size?.replaceAll(/\D/g, "")) - html.bytes.length / 1000)).toBeLessThan(1);
  const model = await downloaded(page, "Download");
  const folder = new Folder();
  await writeFile(folder.at("page.html"), html.bytes);
  folder.write("model.safetensors", model.bytes);
  const texts = (await folder.microgpt("sample model.safetensors --seed 42 --strict --quiet")).stdout;

  const context = await lab.context();
  await context.setOffline(true);
  const alone = await context.newPage();
  await alone.goto(pathToFileURL(folder.at("page.html")).href);
  await alone.getByRole("button", { name: "Generate" }).press("Enter");
  await alone.waitForSelector("#output[aria-busy=false]");
  expect(linesOf((await alone.locator("#output").textContent()) ?? "")).toEqual(linesOf(texts));
  await said(alone, "A GPT of 4,192 numbers after 5 steps of training");
  expect(trouble).toEqual([]);
  await context.close();
  await page.context().close();
});

test("`microgpt lab MODEL` opens the lab with that model, and asks before it replaces a run", async () => {
  const folder = new Folder();
  const trained = await folder.microgpt("train --preset microgpt --num_steps 10 --num_samples 1 --out ten.safetensors");
  expect(trained.code).toBe(0);
  const server = folder.start("lab ten.safetensors --port 0 --no_open");
  const [, address = ""] = await server.says(/^lab: (\S+)/m);
  expect(new URL(address).search).toBe("?model=ten.safetensors");
  const context = await lab.context();
  const trouble: string[] = [];
  const opened = async (at: string): Promise<Page> => {
    const page = await context.newPage();
    page.on("pageerror", (error) => trouble.push(error.message));
    await page.goto(at);
    return page;
  };
  const first = await opened(address);
  await said(first, "ten.safetensors: its run continues here, from step 10, on “names”");
  expect(new URL(first.url()).search).toBe("");
  await first.close();

  const second = await opened(address);
  const dialog = second.getByRole("dialog", { name: "A model is waiting" });
  await dialog.getByText("ten.safetensors").waitFor();
  await press(second, "Keep my run");
  await said(second, "This is the run you left here, at step 10");
  await second.close();

  folder.write("ten.safetensors", "no model any more");
  const third = await opened(address);
  await press(third, "Open it");
  await third.getByRole("alert").filter({ hasText: "checkpoint ten.safetensors: expected" }).waitFor();
  expect(await progress(third)).toBe(10);
  await third.close();

  // The address names only a file name.
  const fourth = await opened(`${new URL(address).origin}/?model=https://example.org/x.safetensors`);
  await press(fourth, "Open it");
  await fourth.getByRole("alert").filter({ hasText: "checkpoint https://example.org/x.safetensors" }).waitFor();
  expect(trouble).toEqual([]);
  await context.close();
  server.kill("SIGKILL");
  await server.ended;
});
