/** `microgpt lab` serves only its own files, and only to its own page. */

import { beforeAll, expect, test } from "vitest";
import { launchChromium } from "../support/chromium.ts";
import { ask, LabPackage, PAGE } from "../support/lab-package.ts";

const lab = new LabPackage().addPage();
let address: string;
let port: number;
beforeAll(async () => {
  ({ address, port } = await lab.serve());
});

test.each<[path: string, type: string, cache: string]>([
  ["", "text/html;charset=utf-8", "no-cache"],
  ["index.html", "text/html;charset=utf-8", "no-cache"],
  ["?model=a", "text/html;charset=utf-8", "no-cache"],
  ["icon.svg", "image/svg+xml", "no-cache"],
  ["assets/main-0a1b2c3d.js", "text/javascript", "public, max-age=31536000, immutable"],
])("/%s is sent as %s, cached as %s", async (path, type, cache) => {
  const response = await fetch(address + path);
  expect(response.status).toBe(200);
  expect(Object.fromEntries(response.headers)).toMatchObject({
    "content-type": type,
    "cache-control": cache,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
    "x-content-type-options": "nosniff",
  });
  expect(response.headers.get("content-security-policy")).toMatch(/^default-src 'self'; /);
  if (type.startsWith("text/html")) expect(await response.text()).toBe(PAGE);
});

test("is revalidated after an upgrade, and sent again only then", async () => {
  const tag = (await fetch(address)).headers.get("etag") ?? "";
  expect((await fetch(address, { headers: { "If-None-Match": tag } })).status).toBe(304);
  lab.place.write("dist/lab/index.html", PAGE.replace("stand-in", "newer"));
  const newer = await fetch(address, { headers: { "If-None-Match": tag } });
  expect([newer.status, await newer.text()]).toEqual([200, PAGE.replace("stand-in", "newer")]);
  lab.place.write("dist/lab/index.html", PAGE);
});

test("trains on two threads of a browser, under its policy", async () => {
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    const trouble: string[] = [];
    page.on("console", (message) => trouble.push(message.text()));
    page.on("pageerror", (error) => trouble.push(String(error)));
    await page.goto(address);
    await page.waitForFunction("window.learn !== undefined");
    const learned = await page.evaluate('learn({ name: "words", docs: ["anna", "otto", "ada"] }, 5)');
    expect(learned).toEqual({ losses: Array(5).fill(expect.any(Number)), isolated: true });
    expect(trouble).toEqual([]);
    // An injected script does not run.
    await page.evaluate("document.body.append(Object.assign(document.createElement('script'), { text: 'hit = 1' }))");
    expect(await page.evaluate("typeof hit")).toBe("undefined");
  } finally {
    await browser.close();
  }
});

// They try to reach the copy's package.json, two folders up.
test.each([
  "/../../package.json",
  "/assets/../../../package.json",
  "/%2e%2e/%2e%2e/package.json",
  "/..%2f..%2fpackage.json",
  "/%2e%2e%2f%2e%2e%2fpackage.json",
  "/%252e%252e%252f%252e%252e%252fpackage.json",
  "/..\\..\\package.json",
  "/..%5c..%5cpackage.json",
  "//../../package.json",
  "/./../../package.json",
  "http://localhost/../../package.json",
  "/../lab-secret.txt",
  "/%00",
  "/index.html%00",
  "/%",
  "/%ff",
  `/${"long/".repeat(60)}`,
  "/assets",
  "/assets/",
  "/model.safetensors",
  "/nothing.js",
])("nothing is found at %s", async (path) => {
  const answer = await ask(port, path);
  expect(answer).toMatch(/^HTTP\/1\.1 404 /);
  expect(answer).not.toContain('"name"');
});

test("a request with a NUL is refused", async () => {
  expect(await ask(port, "/index.html\0.txt")).toMatch(/^HTTP\/1\.1 400 /);
});

test.each(["bytes=5-2", "bytes=-", "bytes=99999-", "lines=1"])("a range of %s gets the whole file", async (range) => {
  const answer = await ask(port, "/", { head: `Range: ${range}\r\n` });
  expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  expect(answer.endsWith(`\r\n\r\n${PAGE}`)).toBe(true);
});

test("HEAD sends only the headers", async () => {
  const answer = await ask(port, "/", { method: "HEAD" });
  expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  expect(answer).toContain(`Content-Length: ${PAGE.length}\r\n`);
  expect(answer.endsWith("\r\n\r\n")).toBe(true);
});

test.each(["POST", "PUT", "DELETE", "OPTIONS", "TRACE"])("%s is refused", async (method) => {
  const answer = await ask(port, "/", { method, head: "Content-Length: 0\r\n" });
  expect(answer).toMatch(/^HTTP\/1\.1 405 /);
  expect(answer).toContain("Allow: GET, HEAD\r\n");
});

test.each([
  "evil.example",
  "evil.example:8017",
  "localhost.evil.example",
  "127.0.0.1.evil.example",
  "notlocalhost",
  "localhost:1:evil.example",
  "192.168.1.5:8017",
  "",
])("a request to the host %j is refused", async (host) => {
  expect(await ask(port, "/", { host })).toMatch(/^HTTP\/1\.1 403 /);
});

// A tunnel may begin at another port, and a browser may use another spelling.
test.each(["localhost", "LocalHost:9000", "127.0.0.1:8017", "[::1]:8017", "lab.localhost:80"])(
  "a request to the host %s is answered",
  async (host) => {
    expect(await ask(port, "/", { host })).toMatch(/^HTTP\/1\.1 200 /);
  },
);
