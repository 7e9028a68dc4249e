/** The built lab in a real browser, served from dist/lab as by `microgpt lab`, with a record of the page's errors. */

import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import { launchChromium } from "./chromium.ts";

const built = fileURLToPath(new URL("../../dist/lab/", import.meta.url));
const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".txt": "text/plain",
};

/** A page of the lab, and its errors so far. */
export interface LabPage {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors of the page and of its console, and requests to other servers. */
  readonly trouble: string[];
}

/** Call it at the top of a test file: one browser and one server for all its tests. */
export class LabBrowser {
  #browser: Browser | undefined;
  readonly #servers: Server[] = [];
  #address = "";
  /** The address without the headers for shared memory. */
  #plain = "";

  constructor() {
    beforeAll(async () => {
      this.#browser = await launchChromium();
      this.#address = await this.#serve(true);
      this.#plain = await this.#serve(false);
    });
    afterAll(async () => {
      await this.#browser?.close();
      for (const server of this.#servers) server.close();
    });
  }

  /** The address of the lab; `isolated` allows shared memory between threads. Default true. */
  address(isolated = true): string {
    return isolated ? this.#address : this.#plain;
  }

  /** A fresh browser profile. */
  async context(options: BrowserContextOptions = {}): Promise<BrowserContext> {
    if (this.#browser === undefined) throw new Error("internal: the browser is not started yet");
    return this.#browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  }

  /** Opens the lab at a view, in a fresh or given profile, and waits until there is a run. */
  async open(hash = "#train", context?: BrowserContext, isolated = true): Promise<LabPage> {
    const own = context ?? (await this.context());
    const page = await own.newPage();
    const trouble: string[] = [];
    page.on("pageerror", (error) => trouble.push(`page: ${error.message}`));
    page.on("console", (message) => {
      if (message.type() === "error") trouble.push(`console: ${message.text()}`);
    });
    const address = this.address(isolated);
    page.on("request", (request) => {
      const url = request.url();
      if (!(url.startsWith(address) || url.startsWith("blob:") || url.startsWith("data:")))
        trouble.push(`asked ${url}`);
    });
    await page.goto(address + hash);
    await page.waitForSelector("html[data-fetched] main h2");
    return { page, context: own, trouble };
  }

  async #serve(isolated: boolean): Promise<string> {
    const server = createServer(async (request, response) => {
      if (isolated) {
        response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
        response.setHeader("Cross-Origin-Embedder-Policy", "require-corp");
      }
      const path = normalize(new URL(request.url ?? "/", "http://localhost").pathname);
      const file = join(built, path === "/" ? "index.html" : path);
      try {
        const bytes = await readFile(file);
        response.setHeader("Content-Type", TYPES[extname(file)] ?? "application/octet-stream");
        response.end(bytes);
      } catch {
        response.statusCode = 404;
        response.end();
      }
    });
    this.#servers.push(server);
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  }
}
