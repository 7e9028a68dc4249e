/** A run on a terminal. */

import { describe, expect, test } from "vitest";
import { folderWithNames, linesOf, TINY } from "../support/cli.ts";
import { noTerminal, onTerminal, onTerminals } from "../support/pseudo-terminal.ts";

/** The output of training on a terminal with that many columns; 0 means an unknown size. */
async function trained(columns: number, flags: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
  const words = `train names.txt ${TINY} ${flags}`.trim().split(" ");
  const { code, stdout } = await onTerminal(folderWithNames(), columns, words, env);
  expect(code).toBe(0);
  return stdout;
}

const ESCAPE = "\u001b";
const CLEAR = `${ESCAPE}[2K${ESCAPE}[1G`;

/** The states of a line until it stays. */
function statesOf(line: string): string[] {
  return line.split(CLEAR);
}

describe.skipIf(noTerminal)(onTerminals, { concurrent: true }, () => {
  test("one line shows the progress, and finally the last step", async () => {
    const states = linesOf(await trained(80, "")).map(statesOf);
    const live = states.filter((line) => line.length > 1);
    expect(live).toHaveLength(1);
    expect(live[0]?.[0]).toMatch(/^step {4}1 \/ {3}20 \| loss \d\.\d{4} \| lr 0\.01 \| \S+ tok\/s \| \d+ s left$/);
    expect(live[0]?.at(-1)).toMatch(/^step {3}20 \/ {3}20 \| loss \d\.\d{4}$/);
    expect(states.filter((line) => line.at(-1)?.startsWith("step"))).toHaveLength(1);
  });

  test("the curve, the labels and the file are colored or bold", async () => {
    const text = await trained(80, "");
    expect(text).toContain(`${ESCAPE}[36m`);
    expect(text).toContain(`${ESCAPE}[2msample  1: ${ESCAPE}[22m`);
    expect(text).toContain(`saved ${ESCAPE}[1mmodel.safetensors${ESCAPE}[22m`);
  });

  test("NO_COLOR removes colors, and nothing else", async () => {
    const text = await trained(80, "", { NO_COLOR: "1" });
    expect(text.replaceAll(CLEAR, "")).not.toContain(ESCAPE);
    expect(linesOf(text).map(statesOf)).toContainEqual(expect.arrayContaining([expect.stringContaining("tok/s")]));
  });

  test.each(["--json", "--quiet", "--json --quiet"])("JSON has no control codes there either: %s", async (form) => {
    expect(await trained(80, form)).not.toContain(ESCAPE);
  });

  test("a dumb terminal gets the same as a pipe", async () => {
    const text = await trained(80, "", { TERM: "dumb" });
    expect(text).not.toContain(ESCAPE);
    expect(text.match(/^step/gm)).toHaveLength(20);
  });

  test.each([30, 50])("no line of the run is wider than %i columns, so that none wraps", async (columns) => {
    const text = await trained(columns, "", { NO_COLOR: "1" });
    const run = text.slice(0, text.indexOf("loss: "));
    const widths = linesOf(run).flatMap((line) => statesOf(line).map((state) => state.length));
    expect(Math.max(...widths)).toBeLessThanOrEqual(columns);
  });

  test("one of unknown size counts as 80 columns wide", async () => {
    expect(await trained(0, "", { NO_COLOR: "1" })).toMatch(/tok\/s \| \d+ s left/);
  });
});

describe.skipIf(noTerminal)(`row 35: words are not broken ${onTerminals}`, () => {
  const TEXT =
    "The quick brown fox jumps over the lazy dog while five wizards quickly box the daft jester under a waxing moon tonight.";
  const WORDS = TEXT.split(" ");

  // All messages in words, each longer than a line of 40 columns.
  test("in samples, notes, verdicts, labels and errors", async () => {
    const folder = folderWithNames();
    folder.write("fox.txt", `${TEXT}\n`.repeat(40));
    const words = "train fox.txt --preset microgpt --n_embd 16 --block_size 128 --num_steps 300 --num_samples 2".split(
      " ",
    );
    const { code, stdout } = await onTerminal(folder, 40, words, { NO_COLOR: "1" });
    expect(code).toBe(0);
    const lines = linesOf(stdout).map((line) => statesOf(line).at(-1) ?? "");
    for (const line of lines.filter((line) => !/^(next:| {5}) /.test(line)))
      expect(line.length).toBeLessThanOrEqual(40);
    const begin = lines.findIndex((line) => line.startsWith("sample  1: The "));
    const sampled = lines.slice(begin, begin + 4);
    // Aligned below each other, whole words.
    for (const line of sampled.slice(1)) expect(line).toMatch(/^ {11}\S/);
    for (const word of sampled.join(" ").replace("sample  1: ", "").trim().split(/\s+/)) expect(WORDS).toContain(word);
  });

  test.each<[what: string, words: readonly string[]]>([
    ["a file that is not there", ["train", "a-file-with-a-rather-long-name-that-is-not-there.txt"]],
    ["a flag", ["train", "--epochs", "3"]],
    ["a value", ["sample", "--top_k", "none"]],
    ["a command", ["generate"]],
  ])("in an error: %s", async (_, words) => {
    const folder = folderWithNames();
    const piped = await folder.microgpt(words);
    const { stdout } = await onTerminal(folder, 40, words);
    expect(stdout).not.toBe(piped.stderr);
    // A continued line is indented by two; a word longer than a line is broken.
    const joined = stdout.replaceAll("\n  ", " ").replaceAll(/(?<=[\w-]{30,}) (?=[\w-])/g, "");
    expect(joined).toBe(piped.stderr);
  });

  test("a command to copy stays on one line", async () => {
    const folder = folderWithNames();
    const out = "a-model-with-a-rather-long-name-for-a-line.safetensors";
    const { stdout } = await onTerminal(folder, 40, ["train", "names.txt", ...TINY.split(" "), "--out", out]);
    expect(stdout).toContain(`next: microgpt sample ${out} --temperature 0.8 --seed 1\n`);
  });

  test.each([60, 80, 100])("the live line has whole parts at %i columns", async (columns) => {
    const text = await trained(columns, "--n_layer 2 --eval_interval 5 --num_steps 40", { NO_COLOR: "1" });
    const states = linesOf(text)
      .flatMap(statesOf)
      .filter((line) => /^step +\d+ /.test(line));
    expect(states.length).toBeGreaterThan(0);
    for (const state of states) {
      expect(state).toMatch(
        /^step +\d+ \/ +40 \| loss \d\.\d{4}( \| val \d\.\d{4})?( \| lr \S+)?( \| \S+ tok\/s)?( \| (\d+ (s|min) left|[a-z]+( the best)?( \d+ \/ \d+)?))?$/,
      );
    }
  });
});
