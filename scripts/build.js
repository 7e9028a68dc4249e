/**
 * Builds dist/: `npm run build`. With --if-changed only if something that it is made of has changed since, or something of
 * it is gone, which is looked up in an instant: nobody shall wait for `npm start`. Plain JavaScript for the same reason.
 */

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What dist/ is made of, tests left out. */
const SOURCES = ["src", "lab", "data", "scripts/bundle.ts", "package.json", "package-lock.json", "tsconfig.json"];
const NOT_BUILT = /\.test\.ts$/;
const BUILT = "dist";
/** Says of which sources dist/ was built, and what it held then. Not in the package. */
const STAMP = join(BUILT, ".built");

/** All files below some paths, in the same order everywhere; hidden ones and packages are left out. */
function filesBelow(paths) {
  return paths.flatMap((path) => {
    if (!existsSync(path)) return [];
    if (!statSync(path).isDirectory()) return [path];
    const names = readdirSync(path).filter((name) => !name.startsWith(".") && name !== "node_modules");
    return filesBelow(names.sort().map((name) => join(path, name)));
  });
}

/** By content, not by date: `git` touches files that it leaves as they are. */
function sourcesHash() {
  const hash = createHash("sha256");
  for (const path of filesBelow(SOURCES).filter((name) => !NOT_BUILT.test(name))) {
    hash.update(`${path}\0`).update(createHash("sha256").update(readFileSync(path)).digest());
  }
  return hash.digest("hex");
}

/** Of what was built, the sizes will do. */
function builtFiles() {
  return filesBelow([BUILT])
    .map((path) => `\n${path} ${statSync(path).size}`)
    .join("");
}

// What builds is named by tests only.
const [flag, ...given] = process.argv.slice(2);
const command = given.length > 0 ? given : [process.execPath, "--import", "tsx", "scripts/bundle.ts"];
const sources = sourcesHash();
const isBuilt = existsSync(STAMP) && readFileSync(STAMP, "utf8") === sources + builtFiles();
if (flag !== "--if-changed" || !isBuilt) {
  if (flag === "--if-changed")
    console.error("building microgpt: half a minute or less, and once after each change ...");
  // A build that is interrupted leaves none.
  rmSync(STAMP, { force: true });
  const { status, error } = spawnSync(command[0], command.slice(1), { stdio: "inherit" });
  if (error !== undefined) throw error;
  if (status === 0) writeFileSync(STAMP, sources + builtFiles());
  process.exitCode = status ?? 1;
}
