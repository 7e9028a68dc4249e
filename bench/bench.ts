/**
 * All benchmarks: `npm run bench`. Seeded, and every part checks its result before it is timed. Each figure is a median
 * over several runs, with the fastest and the slowest. Writes the tables of README.md, between its markers.
 */

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { benchDesigns } from "./autograd-designs.ts";
import { comparisons, figureTable, measureCompiled, processTable } from "./compiled.ts";
import { machineLine } from "./machine.ts";
import { scalarTable } from "./scalar.ts";

const README = fileURLToPath(new URL("README.md", import.meta.url));

/** The table that another benchmark prints below the line about the machine. */
function printed(script: string): string {
  const args = ["--import", "tsx", fileURLToPath(new URL(script, import.meta.url))];
  // OpenBLAS takes slow kernels for PyTorch on a processor that it does not know.
  const env = { OPENBLAS_CORETYPE: "SkylakeX", TSX_TSCONFIG_PATH: "bench/tsconfig.json", ...process.env };
  const text = execFileSync(process.execPath, args, { encoding: "utf8", env });
  return text.slice(text.indexOf("\n|") + 1).trim();
}

const figures = measureCompiled();
const designs = `| what a node keeps | median | spread |\n|---|---|---|\n${benchDesigns().join("\n")}`;
const tables: Readonly<Record<string, string>> = {
  machine: `Measured on ${new Date().toISOString().slice(0, 10)} on ${machineLine()}.`,
  ...comparisons(figures),
  compiled: figureTable(figures),
  processes: processTable(),
  scalar: scalarTable(),
  designs,
  native: printed("native.ts"),
  drawing: printed("generation.ts"),
  narrow: printed("weights.ts"),
};

const text = readFileSync(README, "utf8");
const written = new Set<string>();
// From `<!-- table: name -->` to the next `<!-- end -->`.
const renewed = text.replace(/(<!-- table: (\w+) -->\n).*?(?=<!-- end -->)/gs, (_, marker: string, name: string) => {
  const table = tables[name];
  if (table === undefined) throw new Error(`bench/README.md has a table ${name} that no benchmark measures`);
  written.add(name);
  return `${marker}\n${table}\n\n`;
});
const missing = Object.keys(tables).filter((name) => !written.has(name));
if (missing.length > 0) throw new Error(`bench/README.md has no place for ${missing.join(", ")}`);
writeFileSync(README, renewed);
console.log(`${Object.values(tables).join("\n\n")}\n\nwritten to ${README}`);
