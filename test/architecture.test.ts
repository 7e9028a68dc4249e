/** Checks what the pages show of the source: the compiler's output in ARCHITECTURE.md, and lengths of files. */

import { readFileSync } from "node:fs";
import { planStep, presets } from "microgpt";
import { expect, test } from "vitest";

const page = readFileSync(new URL("../ARCHITECTURE.md", import.meta.url), "utf8");
const { model, training } = presets.microgpt;
const plan = planStep({ ...model, vocabSize: 27 }, { ...training, maxRows: 16 });

const blocks = (language: string): string[][] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, "gms"))].map(([, text = ""]) =>
    text.trim().split("\n"),
  );

test("the kernels that it shows are the compiler's", () => {
  const shown = blocks("kernels").flat();
  expect(shown.length).toBeGreaterThan(1);
  const lines = plan
    .printKernels()
    .split("\n")
    .map((line) => line.slice(4));
  for (const line of shown) expect(lines).toContain(line);
});

test("the bytes that it shows are consecutive in the module", () => {
  const strict = planStep({ ...model, vocabSize: 27 }, { ...training, maxRows: 16 }, { strict: true });
  // Without a relaxed multiply-add, the two instructions that replace it.
  const { relaxed, code } = plan.relaxed ? plan : strict;
  const [lines = []] = blocks("bytes");
  const hex = lines.map((line) => /^(?:[0-9a-f]{2} )*[0-9a-f]{2}/.exec(line)?.[0] ?? "").join(" ");
  expect(hex.length).toBeGreaterThan(60);
  const expected = relaxed ? hex : hex.replaceAll(/fd 85 02/g, "fd e6 01 fd e4 01");
  const found = Buffer.from(code).toString("hex").replace(/../g, "$& ").includes(expected);
  expect({ expected, found }).toEqual({ expected, found: true });
});

test("the counts that it names are the compiler's", () => {
  expect(page).toContain(`prints all ${plan.kernels}`);
});

test.each([
  ["README.md", /an object for every number, (\d+) lines/, "src/scalar/value.ts"],
  ["README.md", /one class, (\d+) lines/, "src/scalar/value.ts"],
  ["README.md", /the model,\s(\d+) lines/, "src/model/gpt.ts"],
  ["docs/autograd.md", /`src\/scalar\/value.ts` is (\d+) lines/, "src/scalar/value.ts"],
])("%s, %s: the length of %s in tens of lines", (name, said, file) => {
  const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
  const lines = read(file).trimEnd().split("\n").length;
  expect(said.exec(read(name))?.[1]).toBe(`${10 * Math.round(lines / 10)}`);
});
