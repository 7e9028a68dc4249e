/**
 * The same numbers on every JavaScript engine: initial weights, losses, weights after training and samples of both
 * engines, and the functions below them, compared with one fingerprint. Bun, Deno, Node 26, Firefox and WebKit are
 * tested by hand, see same-bits/README.md.
 */

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import * as library from "microgpt";
import { expect, test } from "vitest";
import { launchChromium } from "../support/chromium.ts";
import expected from "./same-bits/expected.json" with { type: "json" };
import { serveFingerprint } from "./same-bits/serve.ts";

const print = fileURLToPath(new URL("same-bits/print.js", import.meta.url));

test("row 24: the source gives the fingerprint on this version of Node", async () => {
  const { fingerprint } = (await import("./same-bits/fingerprint.js" as string)) as {
    fingerprint: (from: typeof library) => Promise<unknown>;
  };
  expect(await fingerprint(library)).toEqual(expected);
});

test("row 24: so does the built library", () => {
  const { stdout, stderr } = spawnSync(process.execPath, [print], { encoding: "utf8" });
  expect(stderr).toBe("");
  expect(JSON.parse(stdout)).toEqual(expected);
});

test.for([22, 24])("row 24: so does Node %d, whose V8 has other powers than Node 20's", (version, { skip }) => {
  const args = ["--yes", "--prefer-offline", `node@${version}`];
  const fetched = spawnSync("npx", [...args, "--version"], { encoding: "utf8", timeout: 120_000 });
  if (!fetched.stdout.startsWith(`v${version}.`)) skip(`skipped because npm has no node@${version} here`);
  const { stdout, stderr } = spawnSync("npx", [...args, print], { encoding: "utf8", timeout: 120_000 });
  expect(stderr).toBe("");
  expect(JSON.parse(stdout)).toEqual(expected);
});

test("row 24: so does a page in Chromium", async () => {
  const served = await serveFingerprint();
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    await page.goto(served.address);
    expect(await served.result).toEqual(expected);
  } finally {
    await browser.close();
    served.close();
  }
});
