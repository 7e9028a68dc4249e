/**
 * Functions of Math that ECMAScript leaves to the engine ("implementation-approximated") determine no bit of a run.
 * `**` is one of them, except for powers of two, which every engine computes exactly. util/math.ts and util/cos-sin.ts
 * have replacements.
 */

import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

// Math.sqrt is left to them as well, but is one IEEE 754 instruction on all.
const APPROXIMATED =
  /\bMath\.(?:a?(?:cos|sin|tan)h?|atan2|cbrt|exp|expm1|hypot|log|log1p|log10|log2|pow)\b|(?<!\b2\s*)(?:\*\*)=?(?!\/)/;

/** Uses that only draw a picture, are printed with a few digits, or are measured. */
const ALLOWED: Readonly<Record<string, string>> = {
  "src/scalar/value.ts": "Value by itself, for lessons: ScalarTensor hands in exp, log and pow of math.ts",
  "src/cli/train/lr-find.ts": "the axis of a curve",
  "lab/src/charts/Scatter.svelte": "which point is nearest to the mouse",
  "lab/src/charts/bins.ts": "a standard deviation under a chart",
  "lab/src/charts/color.ts": "colors",
  "lab/src/graph/describe.ts": "a formula in words",
  "lab/src/graph/replay.ts": "the size of a step, of which only the power of two counts",
  "lab/src/views/inside/TokensPanel.svelte": "a mark on a scale of colors",
  "lab/src/views/inside/chances.ts": "an entropy, to one digit",
  "lab/src/views/play/GuessOver.svelte": "a ratio, to two digits",
  "lab/src/views/play/StepByStep.svelte": "a sum, to two digits",
  "lab/src/views/play/format.ts": "a number in words",
  "lab/src/views/step/DiagramBox.svelte": "the length of a bar",
  "lab/src/views/train/LossChart.svelte": "a line in a chart",
  "lab/src/views/train/Numbers.svelte": "a number, to two digits",
  "lab/src/worker/inside/numbers.ts": "the length of a vector in a picture",
  "lab/src/worker/weights/eigen.ts": "the axes of a picture",
  "lab/src/worker/weights/pca.ts": "which way round a picture is",
  "lab/src/worker/weights/tally.ts": "a standard deviation under a chart",
};

/** Code without comments and strings, which may mention anything. */
const codeOf = (source: string): string =>
  source.replace(/\/\*[\s\S]*?\*\/|(?<!:)\/\/.*$|<!--[\s\S]*?-->/gm, "").replace(/"(?:[^"\\\n]|\\.)*"/g, '""');

const used = (source: string): string[] =>
  codeOf(source)
    .split("\n")
    .filter((line) => APPROXIMATED.test(line));

const files = ["src", "lab/src"].flatMap((folder) =>
  readdirSync(resolve(root, folder), { recursive: true, encoding: "utf8" })
    .filter(
      (file) =>
        /\.(ts|js|svelte)$/.test(file) && !/(\.test|[-/]testing)\.ts$/.test(file) && !file.startsWith("testing"),
    )
    .map((file) => `${folder}/${file}`),
);

test("row 24: no function that engines may round freely determines a bit of a run", () => {
  const uses = files.map((file) => [file, used(readFileSync(resolve(root, file), "utf8"))] as const);
  const found = uses.filter(([file, lines]) => lines.length > 0 && !(file in ALLOWED));
  expect(Object.fromEntries(found)).toEqual({});
  // Every exception must still be needed.
  const needed = new Set(uses.filter(([, lines]) => lines.length > 0).map(([file]) => file));
  expect(Object.keys(ALLOWED).filter((file) => !needed.has(file))).toEqual([]);
});

test.each([
  ["y = Math.exp(x);", true],
  ["const left = scores.map(Math.tanh);", true],
  ["const correction = 1 - beta ** step;", true],
  ["x **= 2;", true],
  ["const bytes = 2 ** 20;", false],
  ["const root = Math.sqrt(x);", false],
  ["// Math.exp is rounded as an engine likes", false],
  ['const sign = "**";', false],
  ["y = exp(x);", false],
])("for `%s` it reports: %s", (line, tells) => {
  expect(used(line).length > 0).toBe(tells);
});
