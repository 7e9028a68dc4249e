/** `microgpt lab` from start to end: models, ports, hosts, browsers. */

import { chmodSync, mkdirSync } from "node:fs";
import { connect, createServer } from "node:net";
import { beforeAll, describe, expect, test } from "vitest";
import { linesOf, TINY } from "../support/cli.ts";
import { ask, LabPackage } from "../support/lab-package.ts";

const labs = new LabPackage().addPage();
const { folder } = labs;
beforeAll(async () => {
  await folder.microgpt(`train names.txt ${TINY}`);
});

describe("a model", () => {
  test("is named in the address, and sent in its state at the time of the request", async () => {
    mkdirSync(folder.at("sub"), { recursive: true });
    const name = "sub/a model & more.safetensors";
    folder.write(name, folder.bytes("model.safetensors"));
    const { address, port } = await labs.serve(name);
    expect(address).toBe(`http://localhost:${port}/?model=a+model+%26+more.safetensors`);
    const model = `http://localhost:${port}/model.safetensors`;
    const response = await fetch(model);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "application/octet-stream",
      "cache-control": "no-store",
      "cross-origin-resource-policy": "same-origin",
    });
    expect(Buffer.from(await response.arrayBuffer())).toEqual(folder.bytes(name));
    expect(await ask(port, "/model.safetensors", { method: "HEAD" })).toContain(
      `Content-Length: ${folder.bytes(name).length}\r\n`,
    );

    folder.write(name, "another");
    expect(await (await fetch(`${model}?again`)).text()).toBe("another");
    folder.write(name, "");
    expect(await (await fetch(model)).text()).toBe("");
    expect(await ask(port, "/sub/a%20model%20&%20more.safetensors")).toMatch(/^HTTP\/1\.1 404 /);
    expect(await ask(port, "/model.safetensors", { host: "evil.example" })).toMatch(/^HTTP\/1\.1 403 /);
  });

  test.each(["missing.safetensors", "names.txt", "."])("%s is refused like by sample", async (name) => {
    const { code, stdout, stderr } = await labs.start(["--no_open", name]).ended;
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(linesOf(stderr)).toHaveLength(1);
    expect(stderr).toBe((await folder.microgpt(["sample", name])).stderr);
  });
});

describe("the port", () => {
  test("is 8017, or the next free one", async () => {
    const inTheWay = createServer().on("error", () => undefined);
    // The port is taken even if this fails.
    await new Promise<void>((done) => inTheWay.on("error", () => done()).listen(8017, "127.0.0.1", done));
    try {
      const lab = labs.start(["--no_open"]);
      const [, port] = await lab.says(/^lab: http:\/\/localhost:(\d+)\/ {2}.*\nnote: port 8017 is in use; .*\n/);
      expect(Number(port)).toBeGreaterThan(8017);
      expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200);
    } finally {
      inTheWay.close();
    }
  });

  test("that is named and taken is refused in one line", async () => {
    const { port } = await labs.serve();
    expect(await labs.start(["--no_open", "--port", `${port}`]).ended).toMatchObject({
      code: 1,
      stdout: "",
      stderr: `microgpt: lab on 127.0.0.1: expected port ${port} to be free, got in use; choose another --port\n`,
    });
  });

  test.each(["80170", "-1", "1.5", "x"])("cannot be %s", async (port) => {
    const { code, stderr } = await labs.start(["--no_open", `--port=${port}`]).ended;
    expect(code).toBe(2);
    expect(stderr).toMatch(/^microgpt: usage: expected --port to be a whole number from 0 to 65535, got ".*"; .*\n$/);
  });
});

describe("--host", () => {
  test("0.0.0.0 accepts the network under any name, and says what it will lack", async () => {
    const lab = labs.start(["--no_open", "--port", "0", "--host", "0.0.0.0"]);
    const [, port] = await lab.says(/^lab: http:\/\/localhost:(\d+)\/ /);
    await lab.says(/^note: browsers share memory between threads only on localhost or https: .* one thread$/m);
    expect(await ask(Number(port), "/", { host: "teacher.example" })).toMatch(/^HTTP\/1\.1 200 /);
  });

  test("::1 is this machine alone", async () => {
    const lab = labs.start(["--no_open", "--port", "0", "--host", "::1"]);
    const said = lab.says(/^lab: http:\/\/\[::1\]:(\d+)\/ /).catch(() => undefined);
    // Not every machine has IPv6.
    const port = (await said)?.[1];
    if (port === undefined) expect((await lab.ended).stderr).toContain("expected --host to be an address");
    else expect((await fetch(`http://[::1]:${port}/`)).status).toBe(200);
  });

  test("of another machine is refused in one line", async () => {
    expect(await labs.start(["--no_open", "--host", "203.0.113.1"]).ended).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringMatching(/^microgpt: lab on 203\.0\.113\.1: expected --host to be an address .*\n$/),
    });
  });
});

describe("the end", () => {
  test.each(["SIGINT", "SIGTERM"] as const)("comes at once with %s, even with open connections", async (signal) => {
    const { lab, port } = await labs.serve();
    const half = connect(port, "127.0.0.1").on("error", () => undefined);
    await new Promise<void>((sent) => half.write("GET / HTTP/1.1\r\nHost: localhost\r\n", () => sent()));
    const before = performance.now();
    lab.kill(signal);
    expect(await lab.ended).toMatchObject({ code: 0, signal: null, stderr: "" });
    expect(performance.now() - before).toBeLessThan(2000);
    half.destroy();
  });
});

describe.skipIf(process.platform !== "linux")("the browser, by xdg-open", () => {
  test("gets the address", async () => {
    folder.write("browser", '#!/bin/sh\nprintf %s "$1" > opened.part && mv opened.part opened\n');
    chmodSync(folder.at("browser"), 0o755);
    const lab = labs.start(["--port", "0", "model.safetensors"], { env: { BROWSER: folder.at("browser") } });
    const [, address] = await lab.says(/^lab: (\S+)/);
    await expect.poll(() => folder.names(), { timeout: 20_000 }).toContain("opened");
    expect(folder.bytes("opened").toString()).toBe(address);
    lab.kill("SIGTERM");
    expect((await lab.ended).stdout).not.toContain("note:");
  });

  test("that is missing leaves the address to be opened by hand", async () => {
    const lab = labs.start(["--port", "0"], { env: { BROWSER: folder.at("no-browser") } });
    const [, port] = await lab.says(/:(\d+)\/ {2}.*\nnote: no browser could be started; open the address in one\n/);
    expect((await fetch(`http://localhost:${port}/`)).status).toBe(200);
    lab.kill("SIGTERM");
    expect(await lab.ended).toMatchObject({ code: 0, stderr: "" });
  });
});

test("a package without the lab says how to build it", async () => {
  const bare = new LabPackage();
  const { code, stdout, stderr } = await bare.start(["--no_open"]).ended;
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  const place = bare.place.at("dist/lab");
  expect(stderr).toBe(`microgpt: lab: expected the built lab in ${place}, got none; build it: npm run build\n`);
});

test("--help has an example", async () => {
  const { code, stdout } = await labs.start(["--help"]).ended;
  expect(code).toBe(0);
  expect(stdout).toMatch(/^Usage: microgpt lab \[options\] \[model\]\n/);
  expect(stdout).toMatch(/\nExamples:\n {2}microgpt lab\n.*\n {2}microgpt lab model\.safetensors\n/);
});
