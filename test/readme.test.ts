/**
 * The README, followed literally: its shell commands one after the other in an empty folder, its TypeScript as written.
 * Only the clone is a copy of this tree, and `npm ci` is a link to the installed packages.
 */

import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");
const documents = [
  "README.md",
  "ARCHITECTURE.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
  "docs/autograd.md",
  "docs/data.md",
  "docs/first-model.md",
  "docs/flags.md",
  "docs/lab.md",
  "docs/live-line.md",
  "docs/metrics.md",
  "docs/recipes.md",
  "docs/data.md",
  "bench/README.md",
];

const folder = mkdtempSync(join(tmpdir(), "microgpt-readme-"));
const clone = join(folder, "microgpt");
afterAll(() => rmSync(folder, { recursive: true }));

beforeAll(() => {
  const files = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: root,
    encoding: "utf8",
  });
  for (const file of files.split("\0").filter((name) => name !== "" && existsSync(join(root, name)))) {
    mkdirSync(dirname(join(clone, file)), { recursive: true });
    copyFileSync(join(root, file), join(clone, file));
  }
  symlinkSync(join(root, "node_modules"), join(clone, "node_modules"));
});

function blocks(language: string): string[] {
  return [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms"))].map(([, text = ""]) => text);
}

function shell(commands: string, cwd: string): string {
  return execFileSync("bash", ["-euo", "pipefail", "-c", commands], {
    cwd,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
}

describe("the README", () => {
  const [start = "", ...others] = blocks("sh");

  test("begins with a clone, and its first command trains a model and suggests what is next", () => {
    const [cloning, changing, install] = start.split("\n");
    expect(cloning).toMatch(/^git clone ADDRESS microgpt /);
    expect([changing, install]).toEqual(["cd microgpt", "npm ci && npm start"]);
    const output = shell("npm start", clone);
    expect(output).toMatch(/^sample 20: \w+$/m);
    expect(output).toMatch(/^saved model\.safetensors$/m);
    for (const [, command = ""] of output.matchAll(/^(?:next:| {5}) npx microgpt ((?:sample|info) .*)$/gm)) {
      expect(shell(`npx microgpt ${command}`, clone)).not.toBe("");
    }
  });

  test.each(others.map((block) => [block.split("\n")[0] ?? "", block] as const))("%s ...", (_, block) => {
    expect(shell(block, clone)).not.toBe("");
  });

  // The first text that a reader trains on, besides the names, must give readable samples.
  test("row 32: its first example of running text writes words, and no verdict calls it repetitive", () => {
    const command = /npx microgpt train data\/story\.txt [^#\n]*/.exec(readme)?.[0] ?? "";
    const output = shell(`${command} --out story.safetensors`, clone);
    const known = new Set(readFileSync(join(root, "data/story.txt"), "utf8").match(/[a-z]{3,}/gi));
    const [, written = ""] = /^uniform .*\n([\s\S]*)^novelty: /m.exec(output) ?? [];
    const words = written.match(/[a-z]{3,}/gi) ?? [];
    expect(words.length).toBeGreaterThan(60);
    expect(words.filter((word) => known.has(word)).length).toBeGreaterThan(0.6 * words.length);
    expect(output).toContain("verdict: validation loss");
    expect(output).not.toContain("it repeats itself");
  });

  test("has library code that does what it says", () => {
    const [code = "", ...more] = blocks("ts");
    expect(more).toEqual([]);
    writeFileSync(join(clone, "readme.ts"), code);
    const tsx = fileURLToPath(import.meta.resolve("tsx"));
    const output = execFileSync(process.execPath, ["--import", tsx, "readme.ts"], { cwd: clone, encoding: "utf8" });
    expect(output).toMatch(/^(\d+ \d\.\d+\n){5}B\S*\n$/);
    expect(existsSync(join(clone, "towns.safetensors"))).toBe(true);
  });
});

describe("the documents", () => {
  test.each(documents)("%s links only to existing targets", (name) => {
    const text = readFileSync(join(root, name), "utf8");
    for (const [, target = ""] of text.matchAll(/\]\((?!https?:)([^)#]+)\)/g)) {
      expect([target, existsSync(join(root, dirname(name), target))]).toEqual([target, true]);
    }
  });

  test.each(documents)("%s names only existing files", (name) => {
    const text = readFileSync(join(root, name), "utf8");
    for (const [, path = ""] of text.matchAll(/`((?:src|test|examples|bench|docs|scripts|data)\/[\w./-]+\.\w+)`/g)) {
      expect([path, existsSync(join(root, path))]).toEqual([path, true]);
    }
  });
});
