/** The examples, run as in the README, each in a folder of its own. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";

const examples = fileURLToPath(new URL("../examples", import.meta.url));
const tsx = fileURLToPath(import.meta.resolve("tsx"));
const folder = mkdtempSync(join(tmpdir(), "microgpt-examples-"));
afterAll(() => rmSync(folder, { recursive: true }));

function run(file: string): string {
  return execFileSync(process.execPath, ["--import", tsx, resolve(examples, file)], { cwd: folder, encoding: "utf8" });
}

/** The expected output of each example, in the order in which they build on each other. */
const expected: readonly (readonly [file: string, lines: readonly RegExp[]])[] = [
  [
    "01-value.ts",
    [/^a = 2, d loss \/ d a = -24$/m, /^b = -3, d loss \/ d b = 16$/m, /measured d loss \/ d a = -24\.000$/m],
  ],
  ["02-train.ts", [/^num docs: 32257$/m, /^step 1 \/ 100 \| loss 3\.2589$/m, /^sample 5: \S+$/m, /^saved /m]],
  [
    "03-sample.ts",
    [
      /^after "ma": (\S+ \d+ %(, )?){3}$/m,
      /^temperature 0.5: (ma\w*(, )?){5}$/m,
      /^\{"stop":\["n"\]\}: ([a-mo-z]*(, )?){5}$/m,
      /^streamed: (\w )+$/m,
    ],
  ],
  ["04-one-neuron.ts", [/^step 200 \| loss 0\.00000/m, /^0 AND 1 = 0\.000$/m, /^1 AND 1 = 1\.000$/m]],
  [
    "05-compiled.ts",
    [
      /^num params: 26816$/m,
      /^step 200 \/ 200 \| loss 2\.\d{4} \| gradient \d\.\d{3}$/m,
      /^sample 5: \S+$/m,
      /^saved /m,
    ],
  ],
];

test.each(expected)("%s prints the promised output", (file, lines) => {
  const output = run(file);
  for (const line of lines) expect(output).toMatch(line);
});

test("each example is one idea in at most 60 lines, and is run here", () => {
  const files = readdirSync(examples);
  expect(files).toEqual(expected.map(([file]) => file));
  for (const file of files)
    expect(readFileSync(resolve(examples, file), "utf8").split("\n").length - 1).toBeLessThanOrEqual(60);
});
