import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, describe, expect, test } from "vitest";
import { MicrogptError } from "../util/errors.ts";
import { openFile, openFileSync, readBytes, readFileBytes, readStart, readStream } from "./read.ts";

const folder = mkdtempSync(join(tmpdir(), "microgpt-read-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string): string => join(folder, name);

const content = Uint8Array.from({ length: 200_000 }, (_, i) => i * 7);
writeFileSync(at("file"), content);
writeFileSync(at("empty"), "");

const posix = process.platform !== "win32";
const skipped = "skipped because Windows has no pipes or devices among its files";
if (posix) execFileSync("sh", ["-c", 'mkfifo "$@"', "sh", at("pipe"), at("idle pipe")]);

describe("readBytes", () => {
  test.each<[name: string, bytes: Uint8Array]>([
    ["file", content],
    ["empty", new Uint8Array()],
  ])("reads all of %s", async (name, bytes) => {
    expect(Buffer.from(bytes).equals(await readBytes("data", at(name)))).toBe(true);
  });

  test.skipIf(!posix)(posix ? "reads all of a pipe" : skipped, async () => {
    const [bytes] = await Promise.all([readBytes("data", at("pipe")), writeFile(at("pipe"), content)]);
    expect(Buffer.from(content).equals(bytes)).toBe(true);
  });

  test("refuses more than fits into a string as soon as it has read that much", async () => {
    await expect(readStream("data", endless())).rejects.toThrow("data: expected at most 511 MiB, got more; use a part");
  });
});

describe("anything but a file is refused", () => {
  test.each<[what: string, path: string, message: string]>([
    ["a folder", folder, "data: expected a file, got a folder; name a file"],
    ["nothing", at("none"), "data: expected a file that can be read, got no such file or folder; check the path"],
    ["a path through a file", at("file/x"), "got a path through something that is not a folder; check the path"],
  ])("by readBytes: %s", async (_, path, message) => {
    await expect(readBytes("data", path)).rejects.toThrow(message);
    await expect(readBytes("data", path)).rejects.toThrow(MicrogptError);
  });

  test.skipIf(!posix)(posix ? "by readBytes: a device, even one without an end" : skipped, async () => {
    await expect(readBytes("data", "/dev/zero")).rejects.toThrow("data: expected a file, got a device; name a file");
  });

  test.skipIf(!posix)(posix ? "by readStart: a device, and a pipe, for which it does not wait" : skipped, async () => {
    await expect(readStart("model", "/dev/zero", 9)).rejects.toThrow("expected a file, got a device; name a file");
    await expect(readStart("model", at("idle pipe"), 9)).rejects.toThrow("expected a file, got a pipe; name a file");
  });

  test.skipIf(!posix)(posix ? "row 28: by what reads the program's own files: also a socket" : skipped, async () => {
    const server = createServer().listen(at("socket"));
    await once(server, "listening");
    symlinkSync(at("idle pipe"), at("link to a pipe"));
    try {
      for (const [path, got] of [
        [at("idle pipe"), "a pipe"],
        [at("link to a pipe"), "a pipe"],
        [at("socket"), "a socket"],
        ["/dev/zero", "a device"],
        [folder, "a folder"],
      ] as const) {
        const message = `own: expected a file, got ${got}; name a file`;
        await expect(readFileBytes("own", path)).rejects.toThrow(message);
        await expect(openFile("own", path)).rejects.toThrow(message);
        expect(() => openFileSync("own", path)).toThrow(message);
      }
    } finally {
      server.close();
    }
  });

  test("by readFileBytes: more than the given limit", async () => {
    await expect(readFileBytes("own", at("file"), 2 ** 17)).rejects.toThrow(
      "own: expected at most 0.125 MiB, got more",
    );
  });
});

describe("readStart", () => {
  test.each<[name: string, length: number, start: Uint8Array, size: number]>([
    ["file", 9, content.subarray(0, 9), 200_000],
    ["empty", 9, new Uint8Array(), 0],
  ])("returns the first bytes of %s, if there are any, and the size", async (name, length, start, size) => {
    expect(await readStart("model", at(name), length)).toEqual({ start, size });
  });
});

/** The same MiB forever. */
function endless(): Readable {
  const chunk = new Uint8Array(2 ** 20);
  return Readable.from(
    (function* () {
      for (;;) yield chunk;
    })(),
  );
}
