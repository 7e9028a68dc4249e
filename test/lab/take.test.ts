/** Model files between the lab, in a real browser, and the command line, as a process: each opens the other's. */

import { truncate, writeFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { Folder, folderWithNames, linesOf, stepsOf } from "../support/cli.ts";
import { LabBrowser } from "../support/lab.ts";
import { commands, downloaded, go, openModel, press, step } from "../support/take.ts";

const lab = new LabBrowser();

const said = (page: Page, text: string | RegExp): Promise<void> => page.getByText(text).first().waitFor();

/** The 20 texts of the model in the lab for a seed. */
async function written(page: Page, seed: number): Promise<string[]> {
  await go(page, "Play");
  await page.getByLabel("Seed", { exact: true }).fill(`${seed}`);
  await page.getByLabel("How many").fill("20");
  await press(page, "Write");
  await page.locator("ol[aria-busy=false] li:nth-child(20)").waitFor();
  return page.locator("ol li .text").allTextContents();
}

const loss = (page: Page): Promise<string | null> => page.locator("[data-number=loss]").textContent();

test("a run of the command line continues in the lab, and writes the same as `microgpt sample`", async () => {
  const folder = new Folder();
  expect((await folder.microgpt("train --preset microgpt --num_steps 60 --num_samples 1")).code).toBe(0);
  const { page, trouble } = await lab.open();
  await openModel(page, folder.at("model.safetensors"));
  await said(page, "its run continues here, from step 60, on “names”");

  for (const seed of [42, 7]) {
    const texts = linesOf((await folder.microgpt(`sample model.safetensors --seed ${seed} --quiet`)).stdout);
    expect(texts.length).toBe(20);
    expect(await written(page, seed)).toEqual(texts);
  }

  await go(page, "Train");
  await press(page, "Train 60 more steps");
  await page.waitForFunction(() => Number(document.querySelector("progress")?.value) > 60);
  await press(page, "Pause");
  expect(trouble).toEqual([]);
  await page.context().close();
});

test("a run of the lab continues at the command line: every command shown works, and gives the same as the lab", async () => {
  const { page, trouble } = await lab.open();
  await page.getByText("Sizes and settings").click();
  await page.getByLabel("Steps", { exact: true }).fill("6");
  await press(page, "Begin this run");
  await said(page, "Step 0 of 6");
  await step(page, 3);
  await go(page, "Take away");
  const { name, bytes } = await downloaded(page, "Download");
  expect(name).toBe("microgpt-names-3.safetensors");
  const lines = await commands(page);
  const folder = new Folder();
  folder.write(name, bytes);

  const sampled = await folder.microgpt(`${lines.get("Write 20 texts")} --quiet`);
  expect(await written(page, 42)).toEqual(linesOf(sampled.stdout));
  expect((await folder.microgpt(lines.get("Show what is in it") ?? "")).stdout).toContain("4,192");

  const resumed = await folder.microgpt(`${lines.get("Continue training")} --json`);
  expect(resumed).toMatchObject({ code: 0, stderr: "" });
  await go(page, "Train");
  for (const record of stepsOf(resumed.stdout)) {
    await step(page, 1);
    expect(await loss(page)).toBe(record.loss.toFixed(4));
  }
  expect(stepsOf(resumed.stdout).map((record) => record.step)).toEqual([4, 5, 6]);
  expect(trouble).toEqual([]);
  await page.context().close();
});

test("an earlier moment gives its weights, which work with the file opened next to them", async () => {
  const { page, trouble } = await lab.open();
  await step(page, 2);
  await go(page, "Take away");
  await page.getByText("The weights only").click();
  const now = await downloaded(page, "Download");
  for (let i = 0; i < 3; i++) await press(page, "Earlier moment");
  await said(page, "the weights as they were after step 0");
  const first = await downloaded(page, "Download");
  expect([now.name, first.name]).toEqual([
    "microgpt-names-2-weights.safetensors",
    "microgpt-names-0-weights.safetensors",
  ]);
  expect((await commands(page)).has("Continue training")).toBe(false);

  const folder = new Folder();
  folder.write(now.name, now.bytes);
  folder.write(first.name, first.bytes);
  const texts = linesOf((await folder.microgpt(`sample ${first.name} --seed 42 --strict --quiet`)).stdout);
  expect(linesOf((await folder.microgpt(`sample ${now.name} --seed 42 --strict --quiet`)).stdout)).not.toEqual(texts);
  expect(await written(page, 42)).toEqual(texts);

  await openModel(page, folder.at(first.name));
  await said(page, "its weights begin a new run on “names”");
  expect(await written(page, 42)).toEqual(texts);
  await go(page, "Take away");
  await press(page, "Restore the previous run");
  await said(page, "microgpt-names-2.safetensors");
  expect(trouble).toEqual([]);
  await page.context().close();
});

test.each(["sums", "story", "source"])("the data of %s comes along, and its run continues elsewhere", async (data) => {
  const { page, trouble } = await lab.open();
  await page.getByLabel("Data set").selectOption(data);
  await page.getByLabel("Size").selectOption("microgpt");
  await press(page, "Begin this run");
  await said(page, "Ready:");
  await step(page, 2);
  await go(page, "Take away");
  const folder = new Folder();
  for (const button of ["Download", "Download its data"]) {
    const { name, bytes } = await downloaded(page, button);
    folder.write(name, bytes);
  }
  const lines = await commands(page);
  expect(await folder.microgpt(lines.get("Measure it on a text") ?? "")).toMatchObject({ code: 0, stderr: "" });
  const resumed = await folder.microgpt(`${lines.get("Continue training")} --num_steps 3 --num_samples 1 --json`);
  expect(resumed).toMatchObject({ code: 0, stderr: "" });
  await go(page, "Train");
  await step(page, 1);
  expect(await loss(page)).toBe(stepsOf(resumed.stdout)[0]?.loss.toFixed(4));
  expect(trouble).toEqual([]);
  await page.context().close();
});

test("a model without its data is sampled, inspected, stored and exported; with its text its run continues", async () => {
  const folder = new Folder();
  const text = "Äpfel 12\nÖl 34\nÜbel 56\nBärte 78\nKäse 90\nTüren 11\n";
  folder.write("wörter.txt", text);
  const trained = await folder.microgpt(
    "train wörter.txt --preset microgpt --num_steps 20 --num_samples 1 --out w.safetensors",
  );
  expect(trained.code).toBe(0);
  const texts = linesOf((await folder.microgpt("sample w.safetensors --seed 42 --strict --quiet")).stdout);
  const { page, context, trouble } = await lab.open();
  await openModel(page, folder.at("w.safetensors"));
  await said(page, "but not train it here, because its data “wörter.txt” is missing");
  expect(await written(page, 42)).toEqual(texts);
  await page.close();

  const again = await lab.open("#train", context);
  await said(again.page, "A model whose data is missing");
  for (const name of ["Continue", "Step once", "Reset"]) {
    expect(await again.page.getByRole("button", { name, exact: true }).isDisabled()).toBe(true);
  }
  await go(again.page, "Take away");
  const { bytes } = await downloaded(again.page, "Download");
  expect(Buffer.from(bytes).equals(folder.bytes("w.safetensors"))).toBe(true);

  await go(again.page, "Train");
  await again.page.getByLabel("Data set").selectOption({ label: "own text …" });
  await again.page.getByLabel(/^Your own text/).fill(text);
  await again.page.waitForTimeout(600);
  await openModel(again.page, folder.at("w.safetensors"));
  await said(again.page, "its run continues here, from step 20");
  expect(await written(again.page, 42)).toEqual(texts);
  expect([...trouble, ...again.trouble]).toEqual([]);
  await context.close();
});

test("a file that is not a model, damaged or too large is refused in one line, and the run is unchanged", async () => {
  const folder = folderWithNames();
  await folder.microgpt("train names.txt --preset microgpt --num_steps 2 --num_samples 1");
  const bytes = folder.bytes("model.safetensors");
  bytes[bytes.length - 9] = (bytes[bytes.length - 9] ?? 0) ^ 1;
  folder.write("damaged.safetensors", bytes);
  folder.write("cut.safetensors", bytes.subarray(0, 3000));
  folder.write("text.safetensors", "hello");
  await writeFile(folder.at("large.safetensors"), "");
  await truncate(folder.at("large.safetensors"), 600 * 2 ** 20);

  const { page, trouble } = await lab.open();
  await step(page, 2);
  const before = await loss(page);
  for (const [name, why] of [
    ["damaged", "checksum"],
    ["cut", "expected"],
    ["text", "expected"],
    ["large", "expected at most 512 MiB, got 600 MiB"],
  ] as const) {
    await openModel(page, folder.at(`${name}.safetensors`));
    const line = page.getByRole("alert").filter({ hasText: `checkpoint ${name}.safetensors: ` });
    await line.filter({ hasText: why }).waitFor();
    expect(await line.count()).toBe(1);
  }
  await go(page, "Train");
  expect(await loss(page)).toBe(before);
  await step(page, 1);
  expect(await page.locator("progress").getAttribute("value")).toBe("3");
  expect(trouble).toEqual([]);
  await page.context().close();
});

test("a model may be dropped anywhere; another file is refused, and never replaces the lab", async () => {
  const folder = folderWithNames();
  await folder.microgpt("train --preset microgpt --num_steps 5 --num_samples 1");
  const model = [...folder.bytes("model.safetensors")];
  const { page, trouble } = await lab.open("#inside");
  const drop = async (selector: string, name: string, bytes: readonly number[]): Promise<void> => {
    const transfer = await page.evaluateHandle(
      ([as, content]) => {
        const data = new DataTransfer();
        data.items.add(new File([new Uint8Array(content)], as));
        return data;
      },
      [name, bytes] as const,
    );
    for (const type of ["dragenter", "dragover", "drop"]) {
      await page.dispatchEvent(selector, type, { dataTransfer: transfer });
    }
  };
  await drop("header", "photo.png", [1, 2, 3]);
  await said(page, "photo.png was not opened");
  await drop("main", "model.safetensors", model);
  await said(page, "its run continues here, from step 5, on “names”");
  expect(new URL(page.url()).hash).toBe("#take");
  await go(page, "Train");
  await drop("fieldset", "second.safetensors", model);
  await said(page, "second.safetensors: its run continues here");
  expect(trouble).toEqual([]);
  await page.context().close();
});
