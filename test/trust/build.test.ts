/** The build before `npm start`. */

import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, utimesSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import { Folder } from "../support/cli.ts";

const BUILD = fileURLToPath(new URL("../../scripts/build.js", import.meta.url));

/** A project whose build takes an instant and counts its runs. */
class Project {
  readonly folder = new Folder();

  constructor() {
    for (const name of ["src", "src/deep", "lab", "data", "dist"]) mkdirSync(this.folder.at(name));
    this.folder.write("src/deep/a.ts", "a");
    this.folder.write("lab/page.svelte", "b");
    this.folder.write("package.json", "{}");
    this.folder.write(
      "builds.cjs",
      'const fs = require("fs"); fs.appendFileSync("builds", "."); fs.writeFileSync("dist/cli.js", "c");',
    );
  }

  /** Starts it; returns whether it was built, and the output. */
  start(
    mode = "--if-changed",
    ...command: readonly string[]
  ): { built: boolean; stderr: string; status: number | null } {
    const before = this.#builds();
    const words = [BUILD, mode, ...(command.length > 0 ? command : [process.execPath, "builds.cjs"])];
    const { stderr, status } = spawnSync(process.execPath, words, { cwd: this.folder.path, encoding: "utf8" });
    return { built: this.#builds() > before, stderr, status };
  }

  #builds(): number {
    return readdirSync(this.folder.path).includes("builds") ? this.folder.bytes("builds").length : 0;
  }
}

describe("row 31: npm start builds only if something has changed", () => {
  test("once, with a message; then not again, silently", () => {
    const project = new Project();
    expect(project.start()).toMatchObject({
      built: true,
      status: 0,
      stderr: expect.stringMatching(/^building microgpt: /),
    });
    expect(project.start()).toEqual({ built: false, status: 0, stderr: "" });
  });

  test("after an explicit build too", () => {
    const project = new Project();
    project.start("--always");
    expect(project.start().built).toBe(false);
    expect(project.start("--always").built).toBe(true);
  });

  // Changes to the sources and the build by a pull, an edit, a cleanup or a failure.
  test.each<[what: string, change: (project: Project) => void, built: boolean]>([
    ["a source has changed, at the same size", ({ folder }) => folder.write("src/deep/a.ts", "x"), true],
    ["a source is new", ({ folder }) => folder.write("src/new.ts", ""), true],
    ["a source is gone", ({ folder }) => rmSync(folder.at("lab/page.svelte")), true],
    ["a dependency has changed", ({ folder }) => folder.write("package-lock.json", "{}"), true],
    ["something built is gone", ({ folder }) => rmSync(folder.at("dist/cli.js")), true],
    ["something built was cut", ({ folder }) => folder.write("dist/cli.js", ""), true],
    [
      "all of dist is gone",
      ({ folder }) => rmSync(folder.at("dist"), { recursive: true }) ?? mkdirSync(folder.at("dist")),
      true,
    ],
    ["a build has failed", (project) => project.start("--always", process.execPath, "-e", "process.exit(1)"), true],
    ["a source was only touched", ({ folder }) => utimesSync(folder.at("src/deep/a.ts"), 1, 1), false],
    ["a test has changed", ({ folder }) => folder.write("src/a.test.ts", "x"), false],
    ["a page of the docs has changed", ({ folder }) => folder.write("README.md", "x"), false],
  ])("%s", (_, change, built) => {
    const project = new Project();
    project.start();
    change(project);
    expect(project.start()).toMatchObject({ built, status: 0 });
  });

  test("a failed build starts nothing", () => {
    expect(new Project().start("--if-changed", process.execPath, "-e", "process.exit(3)")).toMatchObject({ status: 3 });
    expect(packageJson.scripts.start).toBe("node scripts/build.js --if-changed && node bin/microgpt.js train");
    expect(Object.keys(packageJson.scripts)).not.toContain("prestart");
  });
});
