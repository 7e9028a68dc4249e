/**
 * Compares browsers with the fingerprint: `npx tsx test/trust/same-bits/browsers.ts chromium firefox webkit`, after
 * `npm run build`. They are Debian's packages chromium, firefox-esr, and webkit2gtk-driver with xvfb. Exit code 1 if
 * one differs.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { serveFingerprint } from "./serve.ts";

const expected: unknown = JSON.parse(readFileSync(new URL("expected.json", import.meta.url), "utf8"));

/** Time for a browser to start and compute. */
const SECONDS = 120;

type Open = (address: string, profile: string) => Promise<ChildProcess>;

const start = (command: string, ...args: string[]): ChildProcess =>
  spawn(command, args, { stdio: "ignore", detached: true, env: { ...process.env, LANG: "C.UTF-8" } });

/** WebKit gets its address through the WebDriver protocol. */
const openWebKit: Open = async (address) => {
  const driver = start("xvfb-run", "-a", "WebKitWebDriver", "--port=4711");
  const ask = async (path: string, body: object): Promise<{ value: { sessionId?: string } }> => {
    const response = await fetch(`http://127.0.0.1:4711${path}`, { method: "POST", body: JSON.stringify(body) });
    return (await response.json()) as { value: { sessionId?: string } };
  };
  for (let tries = 0; tries < 100; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    try {
      const { value } = await ask("/session", { capabilities: {} });
      await ask(`/session/${value.sessionId}/url`, { url: address });
      return driver;
    } catch {
      // It is not listening yet.
    }
  }
  return driver;
};

const browsers: Readonly<Record<string, Open>> = {
  chromium: async (address, profile) =>
    start("chromium", "--headless", "--no-sandbox", "--disable-gpu", `--user-data-dir=${profile}`, address),
  firefox: async (address, profile) => start("firefox-esr", "--headless", "--profile", profile, address),
  webkit: openWebKit,
};

async function held(name: string, open: Open): Promise<boolean> {
  const served = await serveFingerprint();
  const profile = mkdtempSync(join(tmpdir(), "microgpt-same-bits-"));
  const browser = await open(served.address, profile);
  const late = new Promise<string>((resolve) => setTimeout(resolve, SECONDS * 1e3, "no answer").unref());
  const found = await Promise.race([served.result, late]);
  served.close();
  if (browser.pid !== undefined) process.kill(-browser.pid, "SIGKILL"); // with its children, which are in its group
  rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  const same = isDeepStrictEqual(found, expected);
  console.log(`${name}: ${same ? "the same bits" : JSON.stringify(found)}`);
  return same;
}

const names = process.argv.slice(2);
const results: boolean[] = [];
for (const name of names.length > 0 ? names : Object.keys(browsers)) {
  const open = browsers[name];
  if (open === undefined) throw new Error(`no browser ${name}: there are ${Object.keys(browsers).join(", ")}`);
  results.push(await held(name, open));
}
process.exit(results.every((same) => same) ? 0 : 1);
