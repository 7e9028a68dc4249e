/**
 * Trains on three kinds of text without flags, and writes the results between the marks of docs/recipes.md: `npm run
 * build && npx tsx scripts/recipes.ts`. Takes three minutes; how far a run gets in its minute depends on the machine.
 */

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { machineLine } from "../bench/machine.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const cli = join(root, "dist/cli.js");
const page = join(root, "docs/recipes.md");

/** The pages that these runs do not write themselves. */
const PROSE =
  "README.md ARCHITECTURE.md bench/README.md docs/autograd.md docs/data.md docs/metrics.md docs/first-model.md docs/live-line.md";
const RECIPES: readonly (readonly [name: string, files: string, samples: number])[] = [
  ["names", "data/ssa-names-2018.txt", 10],
  ["prose", PROSE, 2],
  ["code", "src", 2],
];

function recipe(files: string, samples: number): string {
  const folder = mkdtempSync(join(tmpdir(), "microgpt-recipes-"));
  for (const name of ["data", "src", "docs", "bench", "README.md", "ARCHITECTURE.md"]) {
    symlinkSync(join(root, name), join(folder, name));
  }
  const begin = performance.now();
  const output = execFileSync(process.execPath, [cli, "train", ...files.split(" ")], { cwd: folder, encoding: "utf8" });
  const seconds = (performance.now() - begin) / 1000;
  rmSync(folder, { recursive: true });
  return `\`\`\`
$ npx microgpt train ${files}
${lines(output, /^(num |vocab |note: )/)}
...
${lines(output, /^(validation loss|uniform|verdict|novelty)/)}
\`\`\`

${table(output)}

From start to saved model ${seconds.toFixed(0)} s. What it wrote:

\`\`\`
${written(output, samples)}
\`\`\``;
}

function lines(output: string, wanted: RegExp): string {
  return output
    .split("\n")
    .filter((line) => wanted.test(line))
    .join("\n");
}

/** The loss compared with those of counting models. */
function table(output: string): string {
  const find = (pattern: RegExp): string => {
    const found = pattern.exec(output)?.[1];
    if (found === undefined) throw new Error(`no ${pattern} in what train printed`);
    return found;
  };
  const last = find(/^validation loss: ([\d.]+)/m);
  const best = /^validation loss: .*best ([\d.]+) after/m.exec(output)?.[1] ?? last;
  const [bits, counted] = [find(/; ([\d.]+) bits per byte$/m), find(/^(uniform .*), this model/m)];
  const losses = counted.split(", ").map((word) => word.split(" ")[1] ?? "");
  return [
    "| uniform | unigram | bigram | this model, last | its best | bits per byte, last |",
    "|---|---|---|---|---|---|",
    `| ${[...losses, last, `**${best}**`, bits].join(" | ")} |`,
  ].join("\n");
}

/** The first samples; for running text without trailing blanks. */
function written(output: string, count: number): string {
  const [, text = ""] =
    /\n\n((?!.*^uniform)[\s\S]*?)\n\nnovelty: /m.exec(output.slice(output.search(/^uniform /m))) ?? [];
  const samples = /^sample +1: /.test(text) ? text.split("\n") : text.split("\n---------------\n");
  const separator = samples.length > 5 ? "\n" : "\n---------------\n";
  return samples.slice(0, count).join(separator).replaceAll("```", "'''").replaceAll(/ +$/gm, "").trim();
}

let text = readFileSync(page, "utf8");
const write = (name: string, block: string): void => {
  const marks = new RegExp(`(<!-- ${name} -->\n)[\\s\\S]*?(<!-- end of ${name} -->)`);
  if (!marks.test(text)) throw new Error(`docs/recipes.md has no marks for ${name}`);
  text = text.replace(marks, (_, begin: string, end: string) => `${begin}${block}\n${end}`);
  writeFileSync(page, text);
};
write("machine", `Measured on ${machineLine()}.`);
for (const [name, files, samples] of RECIPES) write(name, recipe(files, samples));
