import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { type Browser, type BrowserContext, chromium } from "playwright-core";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome", chromium.executablePath()];
const FLAGS = ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking"];

/** An installed Chromium, or Debian's package. Errors: neither, with the fix. */
export async function launchChromium(): Promise<Browser> {
  return await chromium.launch({ executablePath: chromiumPath(), args: FLAGS });
}

/** The same with a persistent profile in a folder. */
export async function launchChromiumIn(folder: string): Promise<BrowserContext> {
  return await chromium.launchPersistentContext(folder, { executablePath: chromiumPath(), args: FLAGS });
}

function chromiumPath(): string {
  return PLACES.find((path) => existsSync(path)) ?? install();
}

function install(): string {
  try {
    execFileSync("apt-get", ["update"], { stdio: "ignore" });
    execFileSync("apt-get", ["install", "-y", "--no-install-recommends", "chromium"], { stdio: "ignore" });
    return "/usr/bin/chromium";
  } catch (cause) {
    throw new Error("no Chromium: run `npx playwright-core install chromium`, or install your system's", { cause });
  }
}
