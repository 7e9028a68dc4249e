/** The built package, as users get it. */

import { execFileSync, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { describe, expect, test } from "vitest";
import packageJson from "../package.json" with { type: "json" };

const root = fileURLToPath(new URL("..", import.meta.url));

/** The imports of a file of dist/, and their imports in turn, by name. */
function importGraph(entry: string, seen: Set<string> = new Set()): Set<string> {
  const file = resolve(root, entry);
  if (seen.has(file)) return seen;
  seen.add(file);
  // Dynamic imports count as well.
  const imports = /^(?:import|export)\b[^;]*?from "([^"]+)"|\bawait import\("([^"]+)"\)/gms;
  for (const [, always, later] of readFileSync(file, "utf8").matchAll(imports)) {
    const name = always ?? later ?? "";
    if (name.startsWith(".")) importGraph(resolve(dirname(file), name), seen);
    else seen.add(name);
  }
  return seen;
}

/** Uses something of every export. */
const PROGRAM = `
import { type GPT, startRun, train } from "microgpt";
import { joinProcesses } from "microgpt/mpi";
import { missing, native } from "microgpt/native";
import { loadCheckpoint } from "microgpt/node";
import { Value } from "microgpt/value";
const run = startRun(["anna", "bob"], { model: { nEmbd: 8 }, engine: missing() === undefined ? native() : "wasm" });
for await (const { loss } of train(run, { ranks: await joinProcesses() })) console.log(new Value(loss).data.toFixed());
const model: GPT = (await loadCheckpoint("model.safetensors")).model;
console.log(model.config.nEmbd.toFixed());
`;

describe("the package", () => {
  test("passes publint", async () => {
    const { messages } = await publint({ pkgDir: root, strict: true });
    expect(messages.map((message) => formatMessage(message, packageJson))).toEqual([]);
  });

  test.each(Object.entries(packageJson.exports).filter(([, target]) => target.endsWith(".js")))(
    "export %s has its code and its types",
    (_, target) => {
      expect(existsSync(resolve(root, target))).toBe(true);
      expect(existsSync(resolve(root, target.replace(/\.js$/, ".d.ts")))).toBe(true);
    },
  );

  test("its types are whole: a strict program of every export compiles, and a wrong one does not", () => {
    const folder = mkdtempSync(join(tmpdir(), "microgpt-types-"));
    try {
      mkdirSync(join(folder, "node_modules/@types"), { recursive: true });
      symlinkSync(root, join(folder, "node_modules/microgpt"));
      symlinkSync(resolve(root, "node_modules/@types/node"), join(folder, "node_modules/@types/node"));
      const compile = (program: string): string => {
        writeFileSync(join(folder, "program.mts"), program);
        const flags = ["--noEmit", "--strict", "--target", "es2022", "--module", "nodenext", "--types", "node"];
        const tsc = [resolve(root, "node_modules/typescript/bin/tsc"), ...flags, "program.mts"];
        const { status, stdout } = spawnSync(process.execPath, tsc, { cwd: folder, encoding: "utf8" });
        expect(status).toBe(stdout === "" ? 0 : 2);
        return stdout;
      };
      expect(compile(PROGRAM)).toBe("");
      expect(compile(PROGRAM.replace("{ nEmbd: 8 }", '{ nEmbd: "8" }'))).toContain("error TS2322");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("microgpt/value contains the Value class and nothing else", () => {
    const code = [...importGraph("dist/value.js")].map((file) => readFileSync(file, "utf8")).join("");
    expect(code.match(/\/\/#region .*/g)).toEqual(["//#region src/scalar/value.ts"]);
  });

  test("the core imports no package and no module of Node, so that it runs in a page", () => {
    expect([...importGraph("dist/index.js")].filter((name) => !name.startsWith(root))).toEqual([]);
  });

  test("only the command line and Node's files need packages, and each of them is declared", () => {
    const graph = [...importGraph("dist/cli.js"), ...importGraph("dist/node.js")];
    const packages = graph.filter((name) => !name.startsWith(root) && !name.startsWith("node:"));
    expect([...new Set(packages)].sort()).toEqual(Object.keys(packageJson.dependencies).sort());
  });

  test("the command can be executed", () => {
    expect(
      execFileSync(process.execPath, [resolve(root, packageJson.bin.microgpt), "--version"], { encoding: "utf8" }),
    ).toBe(`${packageJson.version}\n`);
    expect(readFileSync(resolve(root, packageJson.bin.microgpt), "utf8")).toMatch(/^#!\/usr\/bin\/env node\n/);
  });

  test("row 36: the package has the code, the names, the license, every command of the docs, and no tests", () => {
    const packed = execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
      cwd: root,
      encoding: "utf8",
    });
    const names = [...packed.matchAll(/"path": "([^"]+)"/g)].map(([, path = ""]) => path);
    for (const name of [
      "LICENSE",
      "README.md",
      "data/ssa-names-2018.txt",
      "data/story.txt",
      "bin/microgpt.js",
      "examples/01-value.ts",
      "examples/05-compiled.ts",
      "CONTRIBUTING.md",
      "dist/cli.js",
      "dist/value.d.ts",
    ]) {
      expect(names).toContain(name);
    }
    expect(names.filter((name) => /test|bench|built/.test(name))).toEqual([]);
    expect(readdirSync(resolve(root, "data"))).toEqual(["ssa-names-2018.txt", "story.txt"]);
  });
});
